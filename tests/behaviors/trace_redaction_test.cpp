// What the trace shows of headers and payloads, and what it never does.
#include <hawser/behaviors/trace.hpp>

#include "support/bench_link.hpp"
#include "support/words.hpp"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

namespace trace_redaction_test {

using hawser::errc;
using hawser::log_level;
using hawser::opcode;
using hawser::trace;

constexpr std::string_view not_shown = "(payload not shown: not one whole JSON text)";

struct fixture : hawser::test::bench_link<trace> {
  explicit fixture(trace::options o) : bench_link(trace(std::move(o))), lines(log_level::trace) {
    sink = &lines;
  }
  // What is said of a payload.
  std::string shown(std::string_view payload, hawser::frame_info f = {.op = opcode::text}) {
    f.payload = hawser::as_bytes(payload);
    if (f.size == 0) f.size = payload.size();
    at([&](hawser::context& c) { plugins.frame(c, f); });
    if (lines.lines.size() != 1) return std::to_string(lines.lines.size()) + " lines";
    const std::string line = std::exchange(lines.lines, {}).front();
    const auto begin = line.find_first_of("\"(", line.find("link="));
    return begin == std::string::npos ? "" : line.substr(begin);
  }
  std::string header(const std::string& name) {
    hawser::handshake h{.target = "/", .headers = {{name, "s3cr3t"}}};
    at([&](hawser::context& c) { EXPECT_TRUE(plugins.connecting(c, h).passes()); });
    return std::exchange(lines.lines, {}).at(0);
  }
  hawser::test::line_sink lines;
};

TEST(trace_redaction, headers_by_name_in_any_case) {
  fixture f({.redact_headers = {"X-Tenant", "x-who"}});
  for (const char* name : {"X-Tenant", "x-tenant", "X-WHO", "Cookie"}) {
    EXPECT_EQ(f.header(name), "connecting attempt=1 target=/ " + std::string(name) + "=***");
  }
  for (const char* name : {"X-Tenan", "X-Tenants", "Origin"}) {
    EXPECT_EQ(f.header(name), "connecting attempt=1 target=/ " + std::string(name) + "=s3cr3t");
  }
}

TEST(trace_redaction, targets_and_subprotocols_by_name) {
  fixture f({});
  hawser::handshake h{.target = "/v1?%73ig=s3cr3t&ping=1&code=s3cr3t",
                      .headers = {{"Referer", "https://h/?ticket=s3cr3t"}},
                      .subprotocols = {"v1.json", "bearer", "s3cr3t", "jwt.s3cr3t"}};
  f.at([&](hawser::context& c) { EXPECT_TRUE(f.plugins.connecting(c, h).passes()); });
  EXPECT_EQ(std::exchange(f.lines.lines, {}).at(0),
            "connecting attempt=1 target=/v1?%73ig=***&ping=1&code=*** "
            "subprotocols=v1.json,bearer,***,jwt.*** Referer=https://h/?ticket=***");
  const std::vector<hawser::header> none;
  f.at([&](hawser::context& c) { f.plugins.open(c, {7, "bearer.s3cr3t", none}); });
  EXPECT_EQ(f.lines.lines.at(0), "open link=7 subprotocol=bearer.***");
}

TEST(trace_redaction, forms_by_name) {
  fixture f({.payloads = 200});
  EXPECT_EQ(f.shown("user=me&pass=s3cr3t&%70in=s3cr3t&ping=1"),
            "\"user=me&pass=***&%70in=***&ping=1\"");
  EXPECT_EQ(f.shown("s3cr3t=1", {.op = opcode::binary}), "\"s3cr3t=1\"");
  fixture open({.payloads = 200, .redact_named = false});
  EXPECT_EQ(open.shown("pass=shown"), "\"pass=shown\"");
}

TEST(trace_redaction, parts_of_forms_by_name) {
  fixture f({.payloads = 500});
  const auto part = [](const std::string& more, const std::string& value) {
    return "--b\r\ncontent-disposition: form-data" + more + "\r\n\r\n" + value + "\r\n";
  };
  const std::string shown =
      part("; name=\"page\"", "1") + part("; filename=\"token\"", "2") + "--b--";
  const auto escaped = [](std::string s) {
    for (std::size_t at = 0; (at = s.find("\r\n", at)) != std::string::npos;) {
      s.replace(at, 2, "\\x0d\\x0a");
    }
    return '"' + s + '"';
  };
  EXPECT_EQ(f.shown(shown), escaped(shown));
  for (const char* name : {"; name=\"token\"", ";name=api_key", "; filename=x; name=\"pin\"; a=b",
                           "; name=\"%70ass\"\r\nContent-Type: text/plain"}) {
    for (const char* value : {"s3cr3t", "s3cr3t\r\n\r\ns3cr3t"}) {
      EXPECT_EQ(f.shown(part(name, value) + shown), escaped(part(name, "***") + shown));
    }
  }
  EXPECT_EQ(f.shown("Content-Disposition: form-data; name=\"token\"\n\ns3cr3t"),
            "\"Content-Disposition: form-data; name=\"token\"\\x0a\\x0a***\"");
  EXPECT_EQ(f.shown("content-disposition: form-data; name=token"),
            "\"content-disposition: form-data; name=token\"");
}

TEST(trace_redaction, what_json_strings_hold) {
  fixture f({.payloads = 200});
  EXPECT_EQ(f.shown(R"({"callback":"https:\/\/x\/?a=1\u0026token=s3cr3t"})"),
            R"("{"callback":"https://x/?a=1&token=***"}")");
  EXPECT_EQ(f.shown(R"("/x?sig=s3cr3t")"), R"(""/x?sig=***"")");
  EXPECT_EQ(f.shown(R"(42["/x?sig\u003ds3cr3t"])"), R"("42["/x?sig=***"]")");
  fixture open({.payloads = 200, .redact_named = false});
  EXPECT_EQ(open.shown(R"({"u":"/x?sig=1"})"), R"("{"u":"/x?sig=1"}")");
}

TEST(trace_redaction, reasons_and_topics_by_name) {
  fixture f({.payloads = 200});
  EXPECT_EQ(f.shown("\x03\xe8 s3cr3t", {.op = opcode::close}), "");
  f.at([&](hawser::context& c) {
    f.plugins.drop(c, {.link = 7, .error = hawser::errc::closed, .reason = "bad token=s3cr3t"});
    f.plugins.subscription(c, {.topic = "orders?token=s3cr3t"});
  });
  EXPECT_THAT(f.lines.lines,
              ::testing::ElementsAre(::testing::HasSubstr("reason=\"bad token=***\""),
                                     ::testing::HasSubstr("topic=\"orders?token=***\"")));
}

TEST(trace_redaction, json_by_pointer) {
  fixture f({.payloads = 200, .redact = {"/a", "/params/0/pin", "/a~1b"}});
  EXPECT_EQ(f.shown(R"({"a":[1,2],"params":[{"pin":4711,"n":1}],"a/b":"x","b":"a"})"),
            R"("{"a":"***","params":[{"pin":"***","n":1}],"a/b":"***","b":"a"}")");
  EXPECT_EQ(f.shown(R"({"a":1,"a":2})"), R"("{"a":"***","a":"***"}")");
  EXPECT_EQ(f.shown(R"({"a":1})", {.outbound = true, .op = opcode::binary}), R"("{"a":"***"}")");
}

TEST(trace_redaction, json_by_name_unless_that_is_turned_off) {
  fixture f({.payloads = 200});
  EXPECT_EQ(f.shown(R"([{"api_key":"s3cr3t"}])"), R"("[{"api_key":"***"}]")");
  fixture open({.payloads = 200, .redact_named = false});
  EXPECT_EQ(open.shown(R"([{"api_key":"s3cr3t"}])"), R"("[{"api_key":"s3cr3t"}]")");
  EXPECT_EQ(open.shown(R"([{"api_key":"s3cr3t")"), R"("[{"api_key":"s3cr3t"")");
}

// Cut first, the text would be no JSON, or half a secret would be shown.
TEST(trace_redaction, a_secret_that_spans_the_cut) {
  for (std::size_t most = 1; most < 40; ++most) {
    fixture f({.payloads = most, .redact = {"/b"}});
    const std::string said = f.shown(R"({"a":1,"b":"s3cr3t s3cr3t","c":2})");
    const std::string all = R"({"a":1,"b":"***","c":2})";
    EXPECT_EQ(said, '"' + all.substr(0, most) + (most < all.size() ? "\"..." : "\""));
  }
}

TEST(trace_redaction, with_pointers_only_whole_json_is_shown) {
  fixture f({.payloads = 200, .redact = {"/b"}, .redact_named = false});
  for (const char* payload : {"hello", R"({"a":1)", R"({"a":1} {"b":2})", "\xff"}) {
    EXPECT_EQ(f.shown(payload), not_shown) << payload;
  }
  EXPECT_EQ(f.shown(R"({"a":1})"), R"("{"a":1}")");
  EXPECT_EQ(f.shown("1", {.op = opcode::continuation}), not_shown);
  EXPECT_EQ(f.shown("1", {.op = opcode::text, .fin = false}), not_shown);
  EXPECT_EQ(f.shown("1", {.op = opcode::text, .size = 2}), not_shown);
}

TEST(trace_redaction, by_name_what_may_hold_members_is_shown_only_if_it_is_whole_json) {
  fixture f({.payloads = 200});
  for (const char* payload : {R"({"token":"s3cr3t")", R"(42["login",{"token":"s3cr3t"}])",
                              "{\"token\":\"s3cr3t\"}\n{}", R"(x{"token":123})"}) {
    EXPECT_EQ(f.shown(payload), not_shown) << payload;
  }
  EXPECT_EQ(f.shown(R"("token":"s3cr3t"})", {.op = opcode::continuation}), not_shown);
  EXPECT_EQ(f.shown("s3cr3t", {.op = opcode::text, .fin = false}), not_shown);
  EXPECT_EQ(f.shown("s3cr3t", {.op = opcode::text, .size = 20}), not_shown);
  EXPECT_EQ(f.shown("plain text"), "\"plain text\"");
  EXPECT_EQ(f.shown("\x01\x02", {.op = opcode::binary}), "\"\\x01\\x02\"");
}

TEST(trace_redaction, options_that_are_wrong_are_refused) {
  EXPECT_TRUE(trace().validate());
  EXPECT_TRUE(trace({.redact = {"", "/a"}, .redact_headers = {"x"}}).validate());
  EXPECT_EQ(words_of(trace({.redact = {"token"}}).validate()),
            "trace: redact: not a JSON pointer: 'token'");
  EXPECT_EQ(words_of(trace({.redact_headers = {"x", ""}}).validate()),
            "trace: redact_headers: a name is empty");
}

}  // namespace trace_redaction_test
