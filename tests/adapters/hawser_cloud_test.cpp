#include "adapters/cloud_link.hpp"
#include "support/words.hpp"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

namespace hawser::test {
namespace hawser_cloud_test {

using namespace std::chrono_literals;
using ::testing::Contains;
using ::testing::ElementsAre;
using ::testing::HasSubstr;
using ::testing::IsEmpty;

static_assert(plugin<hawser_cloud>);

TEST(hawser_cloud, opens_with_hello_and_resume_and_sends_what_the_ledger_misses) {
  cloud_link f;
  f.open();
  EXPECT_THAT(f.kinds(), ElementsAre(effects::send::name, effects::send::name));
  f.resumed();
  f.give();
  EXPECT_THAT(f.kinds(), ElementsAre(effects::send::name));
  EXPECT_THAT(f.lines.lines, IsEmpty());
}

// Every link finds it again.
TEST(hawser_cloud, a_damaged_receipt_is_told_once_and_not_on_each_link) {
  cloud_link f;
  const auto find = [&](const std::string& why) {
    f.open();
    f.resumed();
    ASSERT_FALSE(f.wanted.empty());
    const auto w = f.wanted.back();
    f.at([&](context& c) {
      f.plugins.get<hawser_cloud>().damaged(c, w, cloud_link::stream().base.hash, why);
    });
  };
  for (int link = 0; link < 3; ++link) find("receipt 1 cannot be read");
  EXPECT_THAT(f.lines.lines, ElementsAre("ALARM stream quota/a: receipt 1 cannot be read"));
  find("receipt 1 is missing");
  EXPECT_THAT(f.lines.lines, ElementsAre("ALARM stream quota/a: receipt 1 cannot be read",
                                         "ALARM stream quota/a: receipt 1 is missing"));
}

// What is not taken by the queue would never be sent: the next link asks for it again.
TEST(hawser_cloud, a_full_queue_ends_the_link) {
  cloud_link silent(cloud_link::good(), {.frames = 0});
  silent.open();
  ASSERT_THAT(silent.kinds(), ElementsAre(effects::fail::name));
  EXPECT_EQ(silent.recorded<effects::fail>().error, errc::queue_full);

  cloud_link f(cloud_link::good(), {.frames = 2});
  f.open();
  f.resumed();
  ASSERT_TRUE(f.queue.push(lane::bulk, opcode::binary, buffer(send_queue::cork_size)));
  for (int i = 0; i < 2; ++i)
    ASSERT_TRUE(f.queue.push(lane::receipts, opcode::binary, bytes_view{}));
  f.give();
  ASSERT_THAT(f.kinds(), ElementsAre(effects::fail::name));
  EXPECT_EQ(f.recorded<effects::fail>().error, errc::queue_full);
  EXPECT_THAT(f.lines.lines, ElementsAre("uplink: a message was refused: send queue full"));
}

// The link ended meanwhile: the next one resumes, and nobody needs to be told.
TEST(hawser_cloud, without_a_link_nothing_is_told_of_what_is_not_sent) {
  cloud_link f;
  f.open();
  f.resumed();
  f.link.open = false;
  f.give();
  EXPECT_TRUE(f.done.empty());
  EXPECT_THAT(f.lines.lines, IsEmpty());
}

// What came from outside must not look like a line of ours.
TEST(hawser_cloud, the_cloud_cannot_forge_a_log_line) {
  cloud_link f;
  f.open();
  f.resumed();
  f.give();
  f.say(wire::nack{1, 1, wire::nack_code::auth, 0, "no\ninfo: all is well"});
  EXPECT_THAT(f.lines.lines,
              ElementsAre("nack stream quota/a seq 1: auth: no\\x0ainfo: all is well",
                          "ALARM stream quota/a: auth at receipt 1: no\\x0ainfo: all is well"));
  f.lines.lines.clear();
  failure why;
  why.detail = "Close frame: 1000 bye\ninfo: all is well";
  f.at([&](context& c) { f.plugins.error(c, why); });
  EXPECT_THAT(f.lines.lines, ElementsAre("uplink: Close frame: 1000 bye\\x0ainfo: all is well; "
                                         "next attempt in 60 s"));
}

// It is busy for as long as its disk is, with every batch of every stream.
TEST(hawser_cloud, a_busy_cloud_is_told_once_until_it_takes_something) {
  cloud_link f;
  f.open();
  const auto refuse = [&] {
    f.give();
    f.say(wire::nack{1, 1, wire::nack_code::busy, 1000, "the ledger failed"});
    EXPECT_TRUE(f.wake());
  };
  f.resumed();
  for (int i = 0; i < 5; ++i) refuse();
  EXPECT_THAT(f.lines.lines, ElementsAre("nack stream quota/a seq 1: busy: the ledger failed; "
                                         "receipts are kept and sent again: is the cloud's disk "
                                         "well? see its log"));
  f.give();
  f.say(wire::ack{{{1, 3}}, 0, 0});
  f.open();  // Another link, another outage.
  f.resumed();
  refuse();
  const auto busy = [](const std::string& line) { return line.find(": busy: ") != line.npos; };
  EXPECT_EQ(std::ranges::count_if(f.lines.lines, busy), 2)
      << ::testing::PrintToString(f.lines.lines);
}

// A cloud that refuses every batch must not fill the disk of a gateway.
TEST(hawser_cloud, a_refusal_of_one_kind_is_told_once_a_link) {
  cloud_link f;
  f.open();
  f.resumed();
  const auto lines = [&] { return std::exchange(f.lines.lines, {}); };
  const auto refuse = [&] {
    f.give();
    f.say(wire::nack{1, 1, wire::nack_code::corrupt, 0, "not a chain"});
  };
  refuse();
  EXPECT_THAT(lines(), ElementsAre("nack stream quota/a seq 1: corrupt: not a chain"));
  refuse();
  EXPECT_THAT(lines(), IsEmpty());
  f.open();
  f.resumed();
  refuse();
  EXPECT_THAT(lines(), Contains("nack stream quota/a seq 1: corrupt: not a chain"));
}

// Whether the other link goes again or is a second device of this name, the streams are not left to
// it for good.
TEST(hawser_cloud, what_is_superseded_is_resumed_again_and_told_once_with_what_to_do) {
  cloud_link f;
  f.open();
  f.resumed();
  f.give();
  f.say(wire::nack{1, 1, wire::nack_code::superseded, 0, "a newer link has resumed it"});
  f.say(wire::nack{1, 1, wire::nack_code::superseded, 0, "a newer link has resumed it"});
  ASSERT_EQ(f.lines.lines.size(), 1U);
  EXPECT_THAT(f.lines.lines[0],
              AllOf(HasSubstr("superseded: another link of 'gw-7' has resumed stream quota/a"),
                    HasSubstr("ours are resumed again in "), HasSubstr("give each its own")));
  EXPECT_EQ(f.lines.levels[0], log_level::warn);
  ASSERT_TRUE(f.wake());
  EXPECT_THAT(f.kinds(), ElementsAre(effects::send::name));
}

// reconnect spreads a fleet that is told one time behind it; a time of its own here would not.
TEST(hawser_cloud, what_a_goodbye_asks_for_is_left_to_reconnect) {
  for (const auto& [asked, granted] : {std::pair{5'000U, 5s}, {~0U, 60s}}) {
    cloud_link f;
    f.open();
    f.say(wire::goodbye{1012, 0, true});
    EXPECT_THAT(f.kinds(), IsEmpty()) << "it does not say";
    f.say(wire::goodbye{1012, asked, true});
    ASSERT_THAT(f.kinds(), ElementsAre(effects::defer_retry::name));
    EXPECT_EQ(f.recorded<effects::defer_retry>().after, granted);
    f.drop();
    handshake h;
    EXPECT_TRUE(f.at([&](context& c) { return f.plugins.connecting(c, h); }).passes());
  }
}

// --- clocks and ledgers -------------------------------------------------------------------------

TEST(hawser_cloud, hello_tells_the_clock_and_a_clock_far_ahead_is_told) {
  hawser_cloud::options o = cloud_link::good();
  o.hlc = [] { return hlc_at(5000) + 7; };
  o.wall = [] { return wall_ms{1'000'000}; };
  cloud_link f(o);
  f.open();
  const auto& hello = f.recorded<effects::send>();
  wire::decode_error e;
  const auto m = wire::decode(f.done.payload(hello), e);
  ASSERT_TRUE(m) << e.what;
  EXPECT_EQ(std::get<wire::hello>(*m).hlc, hlc_at(5000) + 7);
  wire::welcome w;
  w.max_message = 65536;
  for (const wall_ms fine : {0, 900'000, 1'000'000, 1'060'000}) {
    w.hlc = hlc_at(fine);
    f.say(w);
  }
  EXPECT_THAT(f.lines.lines, IsEmpty());
  w.hlc = hlc_at(1'061'000);
  f.say(w);
  EXPECT_THAT(f.lines.lines, ElementsAre(HasSubstr("the cloud's clock is 61 s ahead of ours")));
}

TEST(hawser_cloud, options_out_of_range_are_refused) {
  const auto complaint = [](auto change) {
    hawser_cloud::options o = cloud_link::good();
    change(o);
    const auto r = cloud_link(std::move(o)).plugins.validate();
    if (r.has_error()) {
      EXPECT_EQ(r.error().code, errc::invalid_option);
    }
    return words_of(r);
  };
  using options = hawser_cloud::options;
  EXPECT_EQ(complaint([](options&) {}), "");
  for (const std::string& name : {std::string(), std::string(1025, 'x'), std::string("\xFF")}) {
    EXPECT_EQ(complaint([&](options& o) { o.device = name; }),
              "hawser_cloud: device must be UTF-8 of 1 to 1024 bytes");
  }
  EXPECT_EQ(complaint([](options& o) { o.device.assign(1024, 'x'); }), "");
  for (const std::size_t wrong : {std::size_t{0}, std::size_t{9}}) {
    EXPECT_EQ(complaint([&](options& o) { o.limits.depth = wrong; }),
              "hawser_cloud: limits.depth must be from 1 to 8");
  }
  for (const std::size_t wrong : {std::size_t{0}, std::size_t{1} << 32}) {
    EXPECT_EQ(complaint([&](options& o) { o.limits.message = wrong; }),
              "hawser_cloud: limits.message must be from 1 byte to below 4 GiB");
  }
  EXPECT_EQ(complaint([](options& o) { o.slow_retry = 0s; }),
            "hawser_cloud: slow_retry must be above 0 and at most 24 h");
}

}  // namespace hawser_cloud_test
}  // namespace hawser::test
