// What we write is read by Boost.Beast: the same messages, the same Close.
#include "beast_oracle.hpp"
#include "support/session_player.hpp"

#include <gtest/gtest.h>

namespace writing_test {

using namespace hawser::test;
using hawser::close_code;
using hawser::lane;
using hawser::opcode;
using hawser::role;
using end = transcript::end;

constexpr std::size_t sizes[] = {0,    1,    124,   125,   126,   127,     4095,
                                 4096, 4097, 65535, 65536, 65537, 100'000, 1'000'000};
constexpr std::size_t no_bound = std::size_t{1} << 30;

role other(role r) { return r == role::client ? role::server : role::client; }

class writing : public testing::TestWithParam<role> {
 protected:
  scripted_entropy keys_;
  hawser::session session_{GetParam(), {}, keys_};
  std::string wire_;
  transcript expected_;

  void send(opcode op, std::string_view payload, bool given_away) {
    const auto r = given_away
                       ? session_.send(lane::bulk, op, hawser::buffer(hawser::as_bytes(payload)))
                       : session_.send(lane::bulk, op, hawser::as_bytes(payload));
    ASSERT_TRUE(r);
    expected_.events.push_back((op == opcode::text ? "text:" : "binary:") + std::string(payload));
  }
  transcript beast() const { return beast_reads(other(GetParam()), wire_, no_bound); }
};

INSTANTIATE_TEST_SUITE_P(roles, writing, testing::Values(role::client, role::server),
                         [](const auto& p) {
                           return p.param == role::client ? "AsClient" : "AsServer";
                         });

TEST_P(writing, every_size_by_either_path_one_by_one) {
  for (const std::size_t n : sizes) {
    for (const bool given_away : {false, true}) {
      send(given_away ? opcode::binary : opcode::text, letters(n), given_away);
      wire_ += drain(session_);
    }
  }
  EXPECT_EQ(beast(), expected_);
}

TEST_P(writing, everything_coalesced) {
  for (const std::size_t n : sizes) {
    for (const bool given_away : {false, true}) send(opcode::text, letters(n), given_away);
  }
  wire_ = drain(session_);
  EXPECT_EQ(beast(), expected_);
}

TEST_P(writing, pings_and_pongs_between_messages) {
  send(opcode::text, "before", false);
  session_.ping(hawser::as_bytes(letters(125)));
  session_.ping({});
  send(opcode::text, "after", false);
  wire_ = drain(session_);
  expected_.events = {"text:before", "ping:" + letters(125), "ping:", "text:after"};
  expected_.pongs = {letters(125), ""};
  EXPECT_EQ(beast(), expected_);
}

TEST_P(writing, random_messages_written_in_random_parts) {
  std::mt19937_64 random(7);
  for (int i = 0; i < 500; ++i) {
    send(opcode::binary, letters(below(random, below(random, 8) == 0 ? 80'000 : 300)),
         below(random, 2) == 0);
    const auto spans = session_.output();
    std::string offered;
    for (const auto v : spans) offered += hawser::as_text(v);
    const std::size_t n = below(random, offered.size() + 1);
    wire_ += offered.substr(0, n);
    session_.consume(n);
  }
  wire_ += drain(session_);
  EXPECT_EQ(beast(), expected_);
}

TEST_P(writing, every_close_that_may_be_sent) {
  for (const unsigned code : {1000u, 1001u, 1002u, 1003u, 1007u, 1008u, 1009u, 1010u, 1011u, 1012u,
                              1013u, 3000u, 4999u}) {
    hawser::session s(GetParam(), {}, keys_);
    s.close(static_cast<close_code>(code), "why");
    const transcript want{.how = end::closed, .code = code, .reason = "why", .answer = code};
    EXPECT_EQ(beast_reads(other(GetParam()), drain(s), no_bound), want);
  }
}

TEST_P(writing, a_code_that_must_not_be_sent_becomes_an_empty_close) {
  for (const unsigned code : {0u, 999u, 1004u, 1005u, 1006u, 1015u, 2999u, 5000u}) {
    for (const bool failing : {false, true}) {
      hawser::session s(GetParam(), {}, keys_);
      if (failing) s.fail(static_cast<close_code>(code), "why");
      if (!failing) s.close(static_cast<close_code>(code), "why");
      const transcript want{.how = end::closed, .code = 1005, .answer = 1000};
      EXPECT_EQ(beast_reads(other(GetParam()), drain(s), no_bound), want) << code;
    }
  }
}

TEST_P(writing, a_long_reason_is_cut_between_characters) {
  std::string reason;
  while (reason.size() < 200) reason += "\xE2\x82\xAC";
  session_.close(close_code::normal, reason);
  const transcript got = beast_reads(other(GetParam()), drain(session_), no_bound);
  EXPECT_EQ(got.how, end::closed);
  EXPECT_EQ(got.reason, reason.substr(0, 123));
  hawser::session odd(GetParam(), {}, keys_);
  odd.close(close_code::normal, "x" + reason);
  EXPECT_EQ(beast_reads(other(GetParam()), drain(odd), no_bound).reason,
            "x" + reason.substr(0, 120));
}

// Both codecs of ours, back to back, agree as well.
TEST_P(writing, is_read_by_our_own_reader) {
  for (const std::size_t n : sizes) send(opcode::text, letters(n), true);
  wire_ = drain(session_);
  EXPECT_EQ(hawser_reads(other(GetParam()), wire_, no_bound, cut_randomly(3, 9'000)), expected_);
}

}  // namespace writing_test
