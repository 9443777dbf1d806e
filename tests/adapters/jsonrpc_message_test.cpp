#include <hawser/adapters/jsonrpc/message.hpp>

#include <gtest/gtest.h>

#include <string>

namespace jsonrpc_message_test {

namespace rpc = hawser::rpc;
using kind = rpc::incoming::kind;

// As frame_reader hands a text on: with readable bytes behind it.
struct fixture : ::testing::Test {
  rpc::reader reader;
  std::string text;

  std::optional<rpc::element> parse(std::string_view t) {
    text = t;
    text.append(64, '\xFF');
    return reader.parse(hawser::as_bytes(std::string_view(text).substr(0, t.size())));
  }
  rpc::incoming classify(std::string_view t) {
    const auto e = parse(t);
    EXPECT_TRUE(e) << t;
    return e ? rpc::classify(*e) : rpc::incoming{};
  }
};
using jsonrpc_message = fixture;

TEST_F(jsonrpc_message, a_request_is_written_with_what_it_has) {
  std::string out;
  hawser::json_writer w(out);
  w.begin_array();
  rpc::write_request(w, "add \"x\"", "[1,2]", 7);
  rpc::write_request(w, "ping", {}, 8);
  rpc::write_request(w, "log", R"({"a":1})", {});
  w.end_array();
  EXPECT_EQ(out, R"([{"jsonrpc":"2.0","method":"add \"x\"","params":[1,2],"id":7},)"
                 R"({"jsonrpc":"2.0","method":"ping","id":8},)"
                 R"({"jsonrpc":"2.0","method":"log","params":{"a":1}}])");
}

TEST_F(jsonrpc_message, a_reply_is_written_with_the_id_that_came) {
  std::string out;
  hawser::json_writer w(out);
  w.begin_array();
  rpc::write_reply(w, "\"a\"", {.result = "[1]"});
  rpc::reply failed = rpc::reply::refuse(rpc::code::invalid_params, "no \"x\"");
  rpc::write_reply(w, "null", failed);
  failed.failure->data = "{}";
  rpc::write_reply(w, "1", failed);
  w.end_array();
  EXPECT_EQ(out,
            R"([{"jsonrpc":"2.0","result":[1],"id":"a"},)"
            R"({"jsonrpc":"2.0","error":{"code":-32602,"message":"no \"x\""},"id":null},)"
            R"({"jsonrpc":"2.0","error":{"code":-32602,"message":"no \"x\"","data":{}},"id":1}])");
}

TEST_F(jsonrpc_message, params_are_an_array_or_an_object) {
  simdjson::dom::parser parser;
  for (const char* good : {"", "[]", "{}", "[1, {\"a\": null}]", " [1] "}) {
    EXPECT_TRUE(rpc::valid_params(good, parser)) << good;
  }
  for (const char* bad : {" ", "1", "\"x\"", "null", "[1", "[1],", "{}{}", "[1,]", "{a:1}"}) {
    EXPECT_FALSE(rpc::valid_params(bad, parser)) << bad;
  }
}

TEST_F(jsonrpc_message, texts_that_are_no_json_are_refused) {
  for (const char* bad : {"", " ", "{", "[1,2", "{\"a\":}", "nul", "{} {}", "\x01",
                          "[18446744073709551616]", "\"\xC3\x28\""}) {
    EXPECT_FALSE(parse(bad)) << bad;
  }
}

TEST_F(jsonrpc_message, requests_keep_their_id) {
  const struct {
    const char* text;
    const char* id;
    std::optional<std::uint64_t> number;
  } cases[] = {
      {R"({"jsonrpc":"2.0","method":"m","id":1})", "1", 1},
      {R"({"jsonrpc":"2.0","method":"m","id":"1"})", "\"1\"", {}},
      {R"({"jsonrpc":"2.0","method":"m","id":-1})", "-1", {}},
      {R"({"jsonrpc":"2.0","method":"m","id":1.5})", "1.5", {}},
      {R"({"jsonrpc":"2.0","method":"m","id":null})", "null", {}},
      {R"({"id":"\u00e9\n","method":"m","jsonrpc":"2.0","other":[]})", "\"\u00e9\\n\"", {}},
  };
  for (const auto& one : cases) {
    const auto in = classify(one.text);
    EXPECT_EQ(in.what, kind::request) << one.text;
    EXPECT_EQ(in.id, one.id);
    EXPECT_EQ(in.number, one.number) << one.text;
    EXPECT_EQ(in.method, "m");
    EXPECT_FALSE(in.params);
  }
}

TEST_F(jsonrpc_message, a_notification_has_no_id) {
  const auto in = classify(R"({"jsonrpc":"2.0","method":"m","params":{"a":[1]}})");
  EXPECT_EQ(in.what, kind::notification);
  ASSERT_TRUE(in.params);
  EXPECT_EQ(std::string(simdjson::minify(*in.params)), R"({"a":[1]})");
}

TEST_F(jsonrpc_message, replies_have_a_result_or_an_error) {
  const auto good = classify(R"({"jsonrpc":"2.0","result":null,"id":3})");
  EXPECT_EQ(good.what, kind::reply);
  EXPECT_EQ(good.number, 3u);
  EXPECT_TRUE(good.result && good.result->is_null());
  const auto bad = classify(
      R"({"jsonrpc":"2.0","error":{"code":-32601,"message":"no such","data":[1]},"id":4})");
  EXPECT_EQ(bad.what, kind::reply);
  EXPECT_FALSE(bad.result);
  EXPECT_TRUE(bad.failure.is(rpc::code::method_not_found));
  EXPECT_EQ(bad.failure.message, "no such");
  EXPECT_EQ(bad.failure.data, "[1]");
}

TEST_F(jsonrpc_message, what_is_no_request_is_answered_with_the_id_that_can_be_seen) {
  const struct {
    const char* text;
    const char* id;
  } cases[] = {
      {"1", "null"},
      {"[]", "null"},
      {R"({})", "null"},
      {R"({"jsonrpc":"2.0"})", "null"},
      {R"({"jsonrpc":"2.0","id":5})", "5"},
      {R"({"jsonrpc":"1.0","method":"m","id":5})", "5"},
      {R"({"jsonrpc":2.0,"method":"m","id":5})", "5"},
      {R"({"method":"m","id":5})", "5"},
      {R"({"jsonrpc":"2.0","method":1,"id":5})", "5"},
      {R"({"jsonrpc":"2.0","method":"m","params":"bar","id":5})", "5"},
      {R"({"jsonrpc":"2.0","method":"m","params":null,"id":5})", "5"},
      {R"({"jsonrpc":"2.0","method":"m","id":{}})", "null"},
      {R"({"jsonrpc":"2.0","method":"m","id":[1]})", "null"},
      {R"({"jsonrpc":"2.0","method":"m","id":true})", "null"},
      {R"({"jsonrpc":"2.0","method":"m","method":"n","id":5})", "5"},
      {R"({"jsonrpc":"2.0","method":"m","id":4,"id":5})", "null"},
  };
  for (const auto& one : cases) {
    const auto in = classify(one.text);
    EXPECT_EQ(in.what, kind::bad_request) << one.text;
    EXPECT_EQ(in.id, one.id) << one.text;
    EXPECT_FALSE(in.why.empty()) << one.text;
  }
}

TEST_F(jsonrpc_message, what_is_no_reply_is_never_taken_for_a_request) {
  for (const char* bad : {
           R"({"jsonrpc":"2.0","result":1})",
           R"({"jsonrpc":"2.0","result":1,"error":{"code":1,"message":"m"},"id":1})",
           R"({"jsonrpc":"2.0","result":1,"method":"m","id":1})",
           R"({"jsonrpc":"2.0","error":"m","id":1})",
           R"({"jsonrpc":"2.0","error":{"code":"1","message":"m"},"id":1})",
           R"({"jsonrpc":"2.0","error":{"code":1.5,"message":"m"},"id":1})",
           R"({"jsonrpc":"2.0","error":{"code":1},"id":1})",
           R"({"result":1,"id":1})",
           R"({"jsonrpc":"2.0","result":1,"id":[1]})",
       }) {
    EXPECT_EQ(classify(bad).what, kind::bad_reply) << bad;
  }
}

}  // namespace jsonrpc_message_test
