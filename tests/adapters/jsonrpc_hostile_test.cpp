// What a peer may do to jsonrpc by mistake or on purpose: nothing is lost, nothing of others ends.
#include <hawser/behaviors/subscriptions.hpp>

#include "adapters/jsonrpc_texts.hpp"

#include <gmock/gmock.h>

#include <string>
#include <vector>

namespace jsonrpc_hostile_test {

using namespace hawser;
using namespace hawser::test;
using namespace std::chrono_literals;
using ::testing::Contains;
using ::testing::ElementsAre;
using ::testing::HasSubstr;

using kit = testkit::harness<jsonrpc>;

// As a frame of the peer's, for what comes with what follows in one read.
bytes frame(std::string_view text) {
  bytes out{std::byte{0x81}, std::byte(static_cast<unsigned char>(text.size()))};
  EXPECT_LT(text.size(), 126u);
  out.insert(out.end(), as_bytes(text).begin(), as_bytes(text).end());
  return out;
}

TEST(jsonrpc_peer, an_event_right_behind_its_confirmation_is_heard) {
  kit h;
  std::vector<std::string> heard;
  h.adapter().follow([&](context&, std::string_view topic, const rpc::element& e) {
    heard.push_back(std::string(topic) + " " + std::string(simdjson::minify(e)));
  });
  h.connect();
  h.run([](jsonrpc&, context& c) { c.subscription("a", subscription_event::kind::subscribe); });
  bytes both = frame(result_of("1", "7"));
  const bytes event =
      frame(R"({"jsonrpc":"2.0","method":"subscription","params":{"subscription":7,"result":1}})");
  both.insert(both.end(), event.begin(), event.end());
  h.peer_writes(both);
  EXPECT_THAT(heard, ElementsAre("a 1"));
}

TEST(jsonrpc_peer, every_batch_that_is_pending_is_answered) {
  constexpr int most = 1100;
  kit h(options{.url = "ws://peer.test/", .limits = {.calls = most}}, jsonrpc{});
  h.connect();
  std::vector<pending<rpc::reply>> calls;
  for (int i = 0; i < most; ++i) calls.push_back(h.client().call({"a", {}, {{"b"}}}));
  h.settle();
  for (std::uint64_t id = 1; id <= most; ++id) {
    const std::string second = std::to_string((std::uint64_t{1} << 40) + id);
    h.peer_sends("[" + result_of(std::to_string(id), "1") + "," + result_of(second, "2") + "]");
  }
  for (auto& p : calls) ASSERT_TRUE(p.ready());
  EXPECT_EQ(calls.front().get(0s).value->more.at(0).result, "2");
}

TEST(jsonrpc_peer, a_bad_reply_ends_no_other_call) {
  kit h;
  h.connect();
  auto p = h.client().call({"a"});
  h.settle();
  // The number of a batch's entry, where there is no batch; and which of two ids is meant?
  h.peer_sends(R"({"jsonrpc":"2.0","error":1,"id":)" +
               std::to_string((std::uint64_t{1} << 40) + 1) + "}");
  h.peer_sends(R"({"jsonrpc":"2.0","result":1,"id":2,"id":1})");
  EXPECT_FALSE(p.ready());
  h.peer_sends(result_of("1", "1"));
  EXPECT_EQ(end_of(h, p).value->result, "1");
}

TEST(jsonrpc_peer, a_bad_reply_in_a_batch_ends_the_batch) {
  kit h;
  h.connect();
  auto p = h.client().call({"a", {}, {{"b"}}});
  h.settle();
  h.peer_sends("[" + result_of("1", "1") + R"(,{"jsonrpc":"2.0","error":1,"id":)" +
               std::to_string((std::uint64_t{1} << 40) + 1) + "}]");
  EXPECT_EQ(end_of(h, p).value.error(), wire_errc::malformed);
}

// A notification is never answered, whatever becomes of it; what stands beside it is.
TEST(jsonrpc_peer, a_listener_that_cannot_read_its_params_costs_nothing_else) {
  kit h;
  h.adapter().serve("echo", [](context&, const rpc::element&) { return rpc::reply{}; });
  h.adapter().listen("note", [](context&, const rpc::element& p) { (void)std::int64_t(p); });
  h.adapter().follow(
      [](context&, std::string_view, const rpc::element& e) { (void)std::int64_t(e); });
  h.connect();
  h.run([](jsonrpc&, context& c) { c.subscription("a", subscription_event::kind::subscribe); });
  h.peer_sends(result_of("1", "7"));
  (void)h.sent();
  h.peer_sends(R"([{"jsonrpc":"2.0","method":"note","params":["x"]},)" + request(5, "echo") + "]");
  h.peer_sends(
      R"({"jsonrpc":"2.0","method":"subscription","params":{"subscription":7,"result":"x"}})");
  EXPECT_TRUE(h.open());
  EXPECT_THAT(h.sent(), ElementsAre("[" + result_of("5", "null") + "]"));
  EXPECT_THAT(h.log(), Contains(HasSubstr("jsonrpc: note: ")));
}

TEST(jsonrpc_peer, what_cannot_be_read_is_answered_with_the_reason) {
  kit h;
  h.connect();
  h.peer_sends(std::string(2000, '[') + std::string(2000, ']'));
  h.peer_sends(R"({"jsonrpc":"2.0","method":"m","params":[1e999],"id":18446744073709551616})");
  EXPECT_THAT(h.sent(),
              ElementsAre(error_of("null", -32700, "nested deeper than 1024"),
                          error_of("null", -32700, "a number that 64 bits do not hold, or none")));
  EXPECT_TRUE(h.open());
}

TEST(jsonrpc_peer, nothing_of_the_peers_goes_to_the_log_as_it_is) {
  kit h;
  h.connect();
  h.peer_sends(result_of(R"("\u001b[31m\u202e")", "1"));
  h.peer_sends(result_of("\"" + std::string(100'000, 'x') + "\"", "1"));
  for (const std::string& line : h.log()) {
    EXPECT_LT(line.size(), 1000u);
    EXPECT_EQ(line.find_first_of("\x1b\xe2"), std::string::npos) << line;
  }
  EXPECT_THAT(h.log(), Contains(HasSubstr("a reply to nothing of ours")));
}

struct watching_kit : testkit::harness<jsonrpc, subscriptions> {
  using state = subscriptions::state;
  explicit watching_kit(options o = defaults())
      : harness(std::move(o), jsonrpc({.subscribe_deadline = 5s}), subscriptions{}) {
    EXPECT_TRUE(get<subscriptions>().subscribe("a"));
  }
  auto found() { return get<subscriptions>().find("a"); }
};

TEST(jsonrpc_peer, a_subscription_is_confirmed_refused_or_late) {
  watching_kit good;
  good.connect();
  good.peer_sends(result_of("1", "7"));
  EXPECT_EQ(good.found(), subscriptions::state::confirmed);
  watching_kit refused;
  refused.connect();
  refused.peer_sends(error_of("1", -32602, "no"));
  EXPECT_EQ(refused.found(), subscriptions::state::failed);
  watching_kit late;
  late.connect();
  late.advance(5s);
  EXPECT_EQ(late.found(), subscriptions::state::failed);
  late.peer_sends(result_of("1", "7"));
  EXPECT_EQ(late.found(), subscriptions::state::failed) << "the call has ended";
}

TEST(jsonrpc_peer, a_subscription_that_was_asked_for_on_the_link_before_is_not_refused) {
  watching_kit h;
  h.connect();
  h.run([](jsonrpc&, context& c) { c.recycle(); });
  EXPECT_TRUE(h.peer_sends(result_of("1", "7"), 1));
  EXPECT_NE(h.found(), subscriptions::state::failed);
  EXPECT_EQ(h.received().back().link, 2u);
  EXPECT_TRUE(h.peer_sends(result_of("2", "8"), 2));
  EXPECT_EQ(h.found(), subscriptions::state::confirmed);
  EXPECT_EQ(h.client().snapshot().link, 2u);
}

TEST(jsonrpc_peer, a_subscription_that_cannot_be_asked_for_has_failed) {
  watching_kit h({.url = "ws://peer.test/", .limits = {.calls = 1}});
  auto first = h.client().call({"a"}, {.deadline = 1h});
  h.connect();
  EXPECT_EQ(h.found(), subscriptions::state::failed);
  EXPECT_EQ(h.get<subscriptions>().registry().find("a")->error, errc::too_many_calls);
  EXPECT_TRUE(h.open());
}

}  // namespace jsonrpc_hostile_test
