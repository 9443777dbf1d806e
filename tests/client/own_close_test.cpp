// Who closed a link, and what that means for a client that dials again.
#include <hawser/adapters/echo/adapter.hpp>
#include <hawser/hawser.hpp>
#include <hawser/testkit.hpp>

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <optional>
#include <vector>

namespace own_close_test {

using namespace hawser;
using namespace std::chrono_literals;
using ::testing::Contains;
using ::testing::HasSubstr;

// Closes with the code that it is told, and writes down how each link ended.
struct leaver : adapter<leaver, on::message, on::drop, on::error> {
  close_code code = close_code::normal;
  std::vector<drop_info> drops = {};
  std::vector<std::optional<close_code>> told = {};  // by on_error, of those that passed reconnect

  verdict on_message(context& c, const inbound&) {
    c.close(code, "done");
    return handled;
  }
  void on_drop(context&, const drop_info& d) { drops.push_back(d); }
  reaction on_error(context&, const failure& f) {
    told.push_back(f.own_close);
    return reaction::pass();
  }
};
leaver with(close_code code) {
  leaver l;
  l.code = code;
  return l;
}

template <class Adapter>
using resilient = testkit::harness<Adapter, trace, heartbeat, recycle, circuit_breaker, reconnect>;

TEST(own_close, the_echo_of_the_readme_ends_with_a_resilient_client_too) {
  resilient<echo> h;
  ASSERT_TRUE(h.connect());
  h.peer_sends("hello");
  h.advance(1h);
  ASSERT_TRUE(h.end());
  EXPECT_FALSE(*h.end()) << h.end()->message();
  EXPECT_EQ(h.requests().size(), 1u);
  EXPECT_THAT(h.log(), Contains(HasSubstr("stopped why=closed")));
  EXPECT_THAT(h.log(), Contains(HasSubstr("own_close=1000")));
}

TEST(own_close, is_told_to_plug_ins) {
  resilient<leaver> h;
  h.connect();
  h.peer_sends("go");
  ASSERT_EQ(h.adapter().drops.size(), 1u);
  EXPECT_EQ(h.adapter().drops[0].by, link_end::ours);
  EXPECT_EQ(h.adapter().drops[0].own_close, close_code::normal);
  EXPECT_EQ(h.adapter().told, std::vector{std::optional(close_code::normal)});
}

TEST(own_close, of_a_task_or_an_empty_one_ends_the_client_as_well) {
  for (const close_code code : {close_code::normal, close_code::no_status}) {
    resilient<leaver> h;
    h.connect();
    h.run([&](leaver&, context& c) { c.close(code); });
    h.advance(1h);
    ASSERT_TRUE(h.end());
    EXPECT_FALSE(*h.end());
    EXPECT_EQ(h.requests().size(), 1u);
  }
}

TEST(own_close, with_another_code_ends_the_link_alone) {
  for (const auto code : {close_code::going_away, close_code::protocol_error, close_code(4000)}) {
    resilient<leaver> h(with(code));
    h.connect();
    h.peer_sends("go");
    EXPECT_TRUE(h.connect(1min));
    ASSERT_EQ(h.adapter().drops.size(), 1u);
    EXPECT_EQ(h.adapter().drops[0].own_close, code);
  }
}

TEST(own_close, is_followed_if_asked_so) {
  resilient<leaver> h(leaver{}, reconnect({.after_normal_close = false, .after_own_close = true}));
  h.connect();
  h.peer_sends("go");
  EXPECT_TRUE(h.connect(1min)) << "the peer's answer is no close of its own";
}

// Whatever the peer makes of it: the end was wanted.
TEST(own_close, ends_the_client_however_the_peer_answers) {
  for (const unsigned code : {1001u, 1005u, 1008u, 1011u, 1012u, 4000u}) {
    resilient<leaver> h;
    h.connect();
    h.peer_sleeps();
    h.run([](leaver&, context& c) { c.close(); });
    h.peer_closes(static_cast<close_code>(code));
    h.advance(1h);
    ASSERT_TRUE(h.end()) << code;
    EXPECT_FALSE(*h.end()) << code << h.end()->message();
    EXPECT_EQ(h.requests().size(), 1u) << code;
  }
}

TEST(own_close, ends_the_client_also_without_an_answer) {
  resilient<leaver> cut;
  cut.connect();
  cut.peer_sleeps();
  cut.run([](leaver&, context& c) { c.close(); });
  cut.drop();
  cut.advance(1h);
  EXPECT_EQ(cut.end(), error_code(errc::dropped)) << "an end that was not clean is told";
  EXPECT_EQ(cut.requests().size(), 1u);
  resilient<leaver> late;
  late.connect();
  late.peer_sleeps();
  late.run([](leaver&, context& c) { c.close(); });
  late.advance(1h);
  EXPECT_EQ(late.end(), error_code(errc::close_timeout));
  EXPECT_EQ(late.requests().size(), 1u);
}

TEST(own_close, what_the_engine_closes_is_none) {
  resilient<leaver> h;
  h.connect();
  EXPECT_TRUE(h.client().recycle());
  h.advance(1min);
  ASSERT_EQ(h.adapter().drops.size(), 1u);
  EXPECT_TRUE(h.adapter().drops[0].replaced);
  EXPECT_EQ(h.adapter().drops[0].own_close, std::nullopt);
  EXPECT_TRUE(h.open());
  h.peer_sleeps();  // The heartbeat ends it.
  h.advance(41s);
  ASSERT_EQ(h.adapter().drops.size(), 2u);
  EXPECT_EQ(h.adapter().drops[1].error, errc::pong_timeout);
  EXPECT_EQ(h.adapter().drops[1].own_close, std::nullopt);
  EXPECT_TRUE(h.connect(1min));
  h.stop();
  EXPECT_EQ(h.adapter().drops.back().own_close, std::nullopt);
  EXPECT_EQ(h.end(), error_code());
}

TEST(own_close, after_the_peers_is_none) {
  resilient<leaver> h;
  h.connect();
  h.peer_closes(close_code::going_away);
  ASSERT_EQ(h.adapter().drops.size(), 1u);
  EXPECT_EQ(h.adapter().drops[0].by, link_end::peers);
  EXPECT_EQ(h.adapter().drops[0].own_close, std::nullopt);
  EXPECT_TRUE(h.connect(1min));
}

// --- the peer's

TEST(orderly_close, an_empty_one_is_as_good_as1000) {
  for (const close_code code : {close_code::normal, close_code::no_status}) {
    testkit::harness<leaver> plain;
    plain.connect();
    plain.peer_closes(code);
    EXPECT_EQ(plain.end(), error_code());
    EXPECT_EQ(plain.adapter().drops.at(0).code, code);
    const explanation e = plain.client().explain();
    EXPECT_EQ(e.verdict.what, suspicion::none) << to_words(e);

    resilient<leaver> again;
    again.connect();
    again.peer_closes(code);
    EXPECT_TRUE(again.connect(1min)) << "by default the peer's close is followed";

    resilient<leaver> done(leaver{}, reconnect({.after_normal_close = false}));
    done.connect();
    done.peer_closes(code);
    EXPECT_EQ(done.end(), error_code());
    EXPECT_THAT(done.log(), Contains(HasSubstr("stopped why=closed")));
  }
}

TEST(orderly_close, other_codes_are_errors_as_ever) {
  for (const unsigned code : {1001u, 1011u, 3000u, 4999u}) {
    testkit::harness<leaver> h;
    h.connect();
    h.peer_closes(static_cast<close_code>(code));
    EXPECT_EQ(h.end(), error_code(errc::closed)) << code;
  }
  testkit::harness<leaver> h;  // no Close at all
  h.connect();
  h.drop();
  EXPECT_EQ(h.end(), error_code(errc::dropped));
}

}  // namespace own_close_test
