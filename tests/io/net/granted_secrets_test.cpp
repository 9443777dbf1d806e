// What on_authenticate adds is never shown, whatever it is called and whoever echoes it.
#include <hawser/hawser.hpp>

#include "support/line_log.hpp"
#include "support/raw_server.hpp"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

namespace hawser::test {
namespace granted_secrets_test {

using ::testing::HasSubstr;
using ::testing::Not;

struct quiet : adapter<quiet, on::message> {
  verdict on_message(context&, const inbound&) { return handled; }
};
// Credentials under names that say nothing, in every place of a request.
struct doorman : behavior<doorman, on::connecting, on::authenticate> {
  bool deferred = false;
  admission on_connecting(context&, handshake& h) {
    h.headers.push_back({"X-Place", "harbour-gate"});
    return admission::go();
  }
  grant on_authenticate(context&, auth_request& a) {
    a.request.target = "/bot/s3gment-s3gment/x?page=1&door=qu3ry-qu3ry";
    a.request.subprotocols.push_back("pr0tocol-pr0tocol");
    const header passcode{"X-Passcode", "c0de-c0de"};
    if (!deferred) {
      a.request.headers.insert(a.request.headers.begin(), passcode);
      return grant::ready();
    }
    a.defer().grant({passcode});
    return grant::pending();
  }
};
constexpr const char* secrets[] = {"c0de", "s3gment", "qu3ry", "pr0tocol"};

struct granted_secrets : ::testing::Test {
  // A run against that server, and all that was said of it.
  std::string run(const raw_server::script& script, bool deferred = false, bool own_log = false) {
    raw_server server(script);
    const auto log = std::make_shared<line_log>(log_level::trace);
    doorman d;
    d.deferred = deferred;
    client<quiet, trace, doorman> c{
        {.url = server.url() + "/bot/x?page=1", .log = own_log ? nullptr : log},
        quiet{},
        trace({.log = own_log ? log : nullptr, .payloads = 500}),
        d};
    EXPECT_TRUE(c.run());
    return log->all() + to_words(c.explain()) + to_json(c.explain()) + c.last_detail();
  }
  static void expect_none(const std::string& said) {
    for (const char* secret : secrets) EXPECT_THAT(said, Not(HasSubstr(secret)));
  }
};

TEST_F(granted_secrets, are_masked_in_a_refusals_body_and_challenge) {
  for (const bool deferred : {false, true}) {
    const std::string said = run(
        [](const raw_server::link& l) {
          const std::string body = l.read_request();
          for (const char* secret : secrets) EXPECT_THAT(body, HasSubstr(secret));
          l.write(
              "HTTP/1.1 403 c0de-c0de\r\nWWW-Authenticate: Code realm=\"c0de-c0de qu3ry-qu3ry\"\r\n"
              "Content-Length: " +
              std::to_string(body.size()) + "\r\n\r\n" + body.substr(0, 20));
          l.write(body.substr(20));
          l.wait_for_end();
        },
        deferred);
    expect_none(said);
    EXPECT_THAT(said, HasSubstr("realm=\"*** ***\""));
    EXPECT_THAT(said, HasSubstr("body: GET /bot/***/x?page=1&door=*** HTTP/1.1"));
    EXPECT_THAT(said, HasSubstr("X-Place: harbour-gate"))
        << "what others add is judged by its name";
  }
}

TEST_F(granted_secrets, are_masked_in_the_reason_of_a_close) {
  const std::string said = run([](const raw_server::link& l) {
    l.accept_upgrade(server_frame(8,
                                  "\x03\xf0"
                                  "no: c0de-c0de, s3gment-s3gment"));
    l.read();
  });
  expect_none(said);
  EXPECT_THAT(said, HasSubstr("no: ***, ***"));
  EXPECT_THAT(said, HasSubstr("< close 32 bytes")) << "its reason is told with the drop";
}

TEST_F(granted_secrets, are_masked_in_messages_whatever_they_are_called_there) {
  for (const auto& [deferred, own_log] : {std::pair{false, false}, {true, false}, {false, true}}) {
    const std::string said = run(
        [](const raw_server::link& l) {
          l.accept_upgrade(server_frame(1, R"({"seen":["c0de\u002dc0de","s3gment-s3gment"]})") +
                           server_frame(2, "you are qu3ry-qu3ry") +
                           server_frame(9, "c0de-c0de, pr0tocol-pr0tocol") +
                           server_frame(8, "\x03\xf3"));
          l.read();
        },
        deferred, own_log);
    expect_none(said);
    EXPECT_THAT(said, HasSubstr(R"("{"seen":["***","***"]}")"));
    EXPECT_THAT(said, HasSubstr("\"you are ***\""));
    EXPECT_THAT(said, HasSubstr("\"***, ***\"")) << "in the ping, and in our pong";
  }
}

TEST_F(granted_secrets, are_masked_in_bytes_that_are_no_http_and_no_frame) {
  const std::string code = "63 30 64 65";  // c0de
  std::string said = run([](const raw_server::link& l) {
    l.read_request();
    l.write("-ERR c0de-c0de\r\n");
    l.wait_for_end();
  });
  EXPECT_THAT(said, HasSubstr("not an HTTP response: 2d "));
  expect_none(said);
  EXPECT_THAT(said, Not(HasSubstr(code)));
  said = run([](const raw_server::link& l) {
    l.accept_upgrade("HTTP/1.1 500 c0de-c0de and more");
    l.wait_for_end();
  });
  EXPECT_THAT(said, HasSubstr("looks like HTTP/1.1 500"));
  expect_none(said);
  EXPECT_THAT(said, Not(HasSubstr(code)));
}

TEST_F(granted_secrets, are_masked_where_a_redirect_leads) {
  const std::string said = run([](const raw_server::link& l) {
    l.read_request();
    l.write(
        "HTTP/1.1 302 Found\r\nLocation: "
        "https://me:pa55word@h/c0de-c0de/y?door=qu3ry-qu3ry\r\n\r\n");
    l.wait_for_end();
  });
  expect_none(said);
  EXPECT_THAT(said, HasSubstr("Location: https://***@h/***/y"));
  EXPECT_THAT(said, Not(HasSubstr("pa55")));
}

// Secrets that are not ours: by their names, wherever the peer puts them.
TEST_F(granted_secrets, of_others_are_masked_by_their_names) {
  const std::string bodies[] = {
      R"({"callback":"https:\/\/x\/?a=1\u0026token=S3CR3T"})",
      R"({"a":[{"url":"//me:S3CR3T@x"}],"a":{"token":["S3CR3T",7]}})",
      R"({"url":"https:\/\/x\/?token\u003dS3CR3T)",
      R"({"log":"{\"sig\":\"S3CR3T\"}"} trailing)",
      "a=1&sig=S3CR3T",
      "GET / HTTP/1.1\r\nProxy-Authorization: Basic S3CR3T\r\nCookie: a=S3CR3T; b=S3CR3T\r\n",
      "<a href=\"/login/https%3A%2F%2Fx%2F%3Fsig%3DS3CR3T\">",
      "go to https%253A%252F%252Fme%253AS3CR3T%2540x",
      "\"/x?session=S3CR3T\"",
  };
  for (const std::string& body : bodies) {
    for (const bool in_close : {false, true}) {
      const std::string said = run([&](const raw_server::link& l) {
        if (in_close) {
          l.accept_upgrade(server_frame(8, "\x03\xf0" + body));
          l.read();
          return;
        }
        l.read_request();
        const std::string half = body.substr(0, body.size() / 2);
        l.write("HTTP/1.1 401 No\r\nContent-Length: " + std::to_string(body.size()) + "\r\n\r\n" +
                half);
        l.write(body.substr(half.size()));
        l.wait_for_end();
      });
      EXPECT_THAT(said, Not(HasSubstr("S3CR3T"))) << body << in_close;
      EXPECT_THAT(said, HasSubstr("***")) << body << in_close;
    }
  }
}

}  // namespace granted_secrets_test
}  // namespace hawser::test
