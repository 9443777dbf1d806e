#include <hawser/behaviors/reconnect.hpp>

#include "adapters/jsonrpc_texts.hpp"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <string>
#include <vector>

namespace jsonrpc_test {

using namespace hawser;
using namespace std::chrono_literals;
using ::testing::ElementsAre;
using ::testing::IsEmpty;

static_assert(plugin<jsonrpc>);

using namespace hawser::test;
using kit = testkit::harness<jsonrpc>;

TEST(jsonrpc, a_call_is_answered_by_its_id) {
  kit h;
  h.connect();
  auto a = h.client().call({"a"});
  auto b = h.client().call({"b", "[1]"});
  EXPECT_THAT(h.sent(), ElementsAre(request(1, "a"), request(2, "b", "[1]")));
  h.peer_sends(result_of("2", "{\"x\": [1.5, \"\\u00e9\"]}"));
  EXPECT_FALSE(a.ready());
  const outcome second = end_of(h, b);
  EXPECT_EQ(second.value->result, "{\"x\":[1.5,\"\u00e9\"]}");
  EXPECT_EQ(second.delivery, delivery::acked);
  h.peer_sends(result_of("1", "null"));
  EXPECT_EQ(end_of(h, a).value->result, "null");
}

TEST(jsonrpc, an_error_object_is_an_answer) {
  kit h;
  h.connect();
  auto p = h.client().call({"a"});
  h.settle();
  h.peer_sends(R"({"jsonrpc":"2.0","error":{"code":-32602,"message":"no","data":{"a":1}},"id":1})");
  const outcome r = end_of(h, p);
  ASSERT_TRUE(r.value);
  EXPECT_FALSE(r.value->ok());
  EXPECT_TRUE(r.value->failure->is(rpc::code::invalid_params));
  EXPECT_EQ(r.value->failure->message, "no");
  EXPECT_EQ(r.value->failure->data, "{\"a\":1}");
}

TEST(jsonrpc, params_that_are_none_are_refused) {
  kit h;
  h.connect();
  for (const rpc::request& bad :
       {rpc::request{"a", "1"}, rpc::request{"a", "[1"}, rpc::request{"a", {}, {{"b", "2"}}},
        rpc::request{"a", {}, {{"b", {}, {{"c"}}}}}}) {
    auto p = h.client().call(bad);
    EXPECT_EQ(end_of(h, p).value.error(), errc::invalid_option);
  }
  EXPECT_THAT(h.sent(), IsEmpty());
}

TEST(jsonrpc, a_batch_is_one_call_whatever_the_order_of_its_replies) {
  kit h;
  h.connect();
  auto p = h.client().call({"a", {}, {{"b", "[1]"}, {"c"}}});
  constexpr std::uint64_t second = (std::uint64_t{1} << 40) + 1;
  constexpr std::uint64_t third = (std::uint64_t{2} << 40) + 1;
  const auto with = [](std::uint64_t id, const char* rest) {
    return R"({"jsonrpc":"2.0","method":)" + std::string(rest) + ",\"id\":" + std::to_string(id) +
           "}";
  };
  EXPECT_THAT(h.sent(),
              ElementsAre("[" + request(1, "a") + "," + with(second, R"("b","params":[1])") + "," +
                          with(third, R"("c")") + "]"));
  h.peer_sends("[" + result_of(std::to_string(third), "3") + "," + result_of("1", "1") + "]");
  EXPECT_FALSE(p.ready());
  h.peer_sends(result_of("1", "9"));  // A second answer changes nothing.
  h.peer_sends(error_of(std::to_string(second), 7, "no"));
  const outcome r = end_of(h, p);
  EXPECT_EQ(r.value->result, "1");
  ASSERT_EQ(r.value->more.size(), 2u);
  EXPECT_EQ(r.value->more[0].failure->code, 7);
  EXPECT_EQ(r.value->more[1].result, "3");
}

TEST(jsonrpc, a_batch_has_a_bound) {
  kit h(kit::defaults(), jsonrpc({.batch = 2}));
  h.connect();
  auto p = h.client().call({"a", {}, {{"b"}, {"c"}}});
  EXPECT_EQ(end_of(h, p).value.error(), errc::invalid_option);
  h.peer_sends("[1,2,3]");
  EXPECT_THAT(h.sent(), ElementsAre(error_of("null", -32600, "a batch above the bound")));
}

TEST(jsonrpc, a_bad_reply_ends_its_call) {
  kit h;
  h.connect();
  auto p = h.client().call({"a"});
  (void)h.sent();
  h.peer_sends(R"({"jsonrpc":"2.0","result":1,"error":{"code":1,"message":"m"},"id":1})");
  EXPECT_EQ(end_of(h, p).value.error(), wire_errc::malformed);
  EXPECT_THAT(h.sent(), IsEmpty()) << "a reply is never answered";
}

TEST(jsonrpc, replies_to_nothing_of_ours_are_ignored) {
  kit h;
  h.connect();
  auto p = h.client().call({"a"});
  (void)h.sent();
  for (const char* id : {"2", "\"1\"", "null", "-1", "1.5", "18446744073709551615"}) {
    h.peer_sends(result_of(id, "9"));
    h.peer_sends(error_of(id, -32700, "what?"));
  }
  EXPECT_FALSE(p.ready());
  EXPECT_TRUE(h.open());
  EXPECT_THAT(h.sent(), IsEmpty());
}

TEST(jsonrpc, requests_of_the_peer_are_served) {
  kit h;
  h.adapter().serve("sum", [](context&, const rpc::element& params) {
    std::int64_t sum = 0;
    for (const auto e : params.get_array()) sum += std::int64_t(e);
    return rpc::reply{.result = std::to_string(sum)};
  });
  h.adapter().serve("fails", [](context&, const rpc::element& params) {
    EXPECT_TRUE(params.is_null());
    return rpc::reply{{}, rpc::error{17, "as it must", "[]"}};
  });
  h.connect();
  h.peer_sends(request(5, "sum", "[1,2,3]"));
  h.peer_sends(R"({"jsonrpc":"2.0","method":"fails","id":"x"})");
  h.peer_sends(request(6, "other"));
  const auto sent = h.sent();
  ASSERT_EQ(sent.size(), 3u);
  EXPECT_EQ(sent[0], result_of("5", "6"));
  EXPECT_EQ(sent[1],
            R"({"jsonrpc":"2.0","error":{"code":17,"message":"as it must","data":[]},"id":"x"})");
  EXPECT_EQ(sent[2], error_of("6", -32601, "no such method"));
  h.peer_sends(request(7, "sum", R"(["a"])"));
  EXPECT_THAT(h.sent().at(0), ::testing::HasSubstr("\"code\":-32602"));
}

// Section 7 of the specification, as far as one peer shows it.
TEST(jsonrpc, batches_are_answered_by_the_letter) {
  kit h;
  int told = 0;
  h.adapter().serve("echo", [](context&, const rpc::element& p) {
    return rpc::reply{.result = simdjson::minify(p)};
  });
  h.adapter().listen("note", [&](context&, const rpc::element&) { ++told; });
  h.connect();
  const std::string note = R"({"jsonrpc":"2.0","method":"note"})";
  h.peer_sends("[" + request(1, "echo", "[1]") + "," + note + ",1,{\"foo\":\"boo\"}," +
               request(2, "none") + "]");
  EXPECT_THAT(h.sent(), ElementsAre("[" + result_of("1", "[1]") + "," +
                                    error_of("null", -32600, "not an object") + "," +
                                    error_of("null", -32600, R"(jsonrpc is not \"2.0\")") + "," +
                                    error_of("2", -32601, "no such method") + "]"));
  h.peer_sends("[" + note + "," + note + "]");
  EXPECT_THAT(h.sent(), IsEmpty()) << "notifications alone have no answer";
  EXPECT_EQ(told, 3);
  h.peer_sends("[]");
  h.peer_sends("[1");
  h.peer_sends("\"text\"");
  EXPECT_THAT(h.sent(), ElementsAre(error_of("null", -32600, "an empty batch"),
                                    error_of("null", -32700, "not JSON"),
                                    error_of("null", -32600, "not an object")));
}

TEST(jsonrpc, a_binary_message_ends_the_link) {
  kit h;
  h.connect();
  h.peer_sends(as_bytes("{}"));
  EXPECT_EQ(h.received().back().data, "1003 JSON-RPC is text");
}

TEST(jsonrpc, notifications_go_out_without_an_id) {
  kit h;
  h.connect();
  h.run([](jsonrpc& a, context& c) {
    EXPECT_TRUE(a.notify(c, "log", "{}"));
    EXPECT_EQ(a.notify(c, "log", "1").error(), errc::invalid_option);
  });
  EXPECT_THAT(h.sent(), ElementsAre(R"({"jsonrpc":"2.0","method":"log","params":{}})"));
}

TEST(jsonrpc, subscriptions_are_translated) {
  kit h;
  std::vector<std::string> heard;
  h.adapter().follow([&](context&, std::string_view topic, const rpc::element& e) {
    heard.push_back(std::string(topic) + " " + std::string(simdjson::minify(e)));
  });
  h.connect();
  const auto raise = [&](subscription_event::kind what) {
    h.run([&](jsonrpc&, context& c) { c.subscription("pri\"ces", what); });
  };
  const auto event = [&](const char* name) {
    h.peer_sends(R"({"jsonrpc":"2.0","method":"subscription","params":{"subscription":)" +
                 std::string(name) + R"(,"result":17}})");
  };
  raise(subscription_event::kind::subscribe);
  EXPECT_THAT(h.sent(), ElementsAre(request(1, "subscribe", R"(["pri\"ces"])")));
  event("\"s1\"");
  EXPECT_THAT(heard, IsEmpty()) << "it is not ours yet";
  h.peer_sends(result_of("1", "\"s1\""));
  event("\"s1\"");
  event("\"s2\"");
  EXPECT_THAT(heard, ElementsAre("pri\"ces 17"));
  raise(subscription_event::kind::unsubscribe);
  EXPECT_THAT(h.sent(), ElementsAre(request(2, "unsubscribe", R"(["s1"])")));
  event("\"s1\"");
  EXPECT_EQ(heard.size(), 1u);
}

TEST(jsonrpc, options_are_checked) {
  EXPECT_TRUE(jsonrpc().validate());
  for (const auto& o : {jsonrpc::options{.batch = 0}, jsonrpc::options{.batch = 4097},
                        jsonrpc::options{.subscribe_deadline = 0s}}) {
    EXPECT_EQ(jsonrpc(o).validate().error().code, errc::invalid_option);
  }
}

// What `ws.close()` of a browser or Node sends (1005).
TEST(jsonrpc, an_empty_close_is_an_orderly_end) {
  kit h;
  h.connect();
  auto p = h.client().call({"a"});
  h.settle();
  h.peer_closes(close_code::no_status);
  const outcome r = end_of(h, p);
  ASSERT_TRUE(h.end());
  EXPECT_FALSE(*h.end()) << h.end()->message();
  EXPECT_EQ(r.value.error(), errc::call_lost) << "no answer came, however it ended";
  EXPECT_EQ(h.client().explain().verdict.what, suspicion::none);
}

TEST(jsonrpc, after_an_empty_close_the_next_link_is_as_after_any_orderly_one) {
  for (const close_code code : {close_code::normal, close_code::no_status}) {
    testkit::harness<jsonrpc, reconnect> h(jsonrpc{}, reconnect({.seed = 1}));
    h.connect();
    auto p = h.client().call({"a"}, {.deadline = 5min, .idempotent = true});
    h.settle();
    h.peer_closes(code);
    ASSERT_TRUE(h.connect(1min));
    EXPECT_EQ(h.requests().size(), 2u);
    h.peer_sends(result_of("1", "7"));
    EXPECT_EQ(end_of(h, p).value->result, "7");
  }
}

// Whatever step fails: the call ends once, an idempotent one with its reply.
TEST(jsonrpc, calls_end_whatever_fails) {
  for (const bool idempotent : {false, true}) {
    const auto steps = testkit::fail_at_each_step([&](const testkit::fault& f) {
      testkit::harness<jsonrpc, reconnect> h(jsonrpc{}, reconnect({.seed = 1}));
      h.inject(f);
      int ends = 0;
      outcome last;
      (void)h.client()
          .call({"a"}, {.deadline = 5min, .idempotent = idempotent})
          .then([&](context&, outcome r) {
            ++ends;
            last = std::move(r);
          });
      h.connect(1min);
      for (int tries = 0; tries < 3 && ends == 0; ++tries) {
        (void)h.peer_sends(result_of("1", "1"));
        h.advance(1min);
      }
      EXPECT_EQ(ends, 1) << f.what();
      const error_code error = last.value ? error_code() : last.value.error();
      EXPECT_TRUE(!error || (!idempotent && error == errc::call_lost)) << f.what() << error;
    });
    EXPECT_EQ(steps, 5u);
  }
}

}  // namespace jsonrpc_test
