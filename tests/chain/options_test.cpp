#include <hawser/options.hpp>

#include "support/words.hpp"

#include <gtest/gtest.h>

namespace options_test {

using namespace std::chrono_literals;
using hawser::errc;
using hawser::options;

options good() { return {.url = "ws://example.net"}; }

void expect_refused(const options& o, const hawser::error_code& error, std::string_view words) {
  const auto r = hawser::validate(o);
  ASSERT_FALSE(r) << words;
  EXPECT_EQ(r.error().code, error);
  EXPECT_EQ(r.error().detail, words);
}

TEST(options, the_defaults_are_good) { EXPECT_EQ(words_of(hawser::validate(good())), ""); }

TEST(options, a_wrong_url_is_refused) {
  expect_refused({.url = "nonsense"}, errc::invalid_url, "url: must begin with ws:// or wss://");
}

TEST(options, wrong_tls_options_are_refused) {
  const auto refuse = [](hawser::tls_options tls, const std::string& words) {
    expect_refused({.url = "wss://example.net", .tls = std::move(tls)}, errc::invalid_option,
                   "tls." + words);
  };
  refuse({.certificate_file = "a.pem"}, "certificate_file and key_file: one needs the other");
  refuse({.key_file = "a.key"}, "certificate_file and key_file: one needs the other");
  for (const std::string& name :
       {std::string(254, 'a'), std::string("a b"), std::string(1, '\0')}) {
    refuse({.server_name = name}, "server_name: must be at most 253 printable ASCII characters");
  }
  refuse({.verify_depth = -1}, "verify_depth: must be 0 to 100");
  refuse({.verify_depth = 101}, "verify_depth: must be 0 to 100");
  const std::string digest(43, 'A');
  for (const std::string& pin :
       {std::string("x"), "sha256//" + digest, "sha256//" + digest + "A", "sha1//" + digest + "=",
        "sha256//" + digest + "==", "sha256//*" + digest.substr(1) + "="}) {
    refuse({.pins = {pin}}, "pins: '" + pin + "' is not sha256// and 44 base64 characters");
  }
  EXPECT_EQ(
      words_of(hawser::validate({.url = "wss://h", .tls = {.pins = {"sha256//" + digest + "="}}})),
      "");
}

// A variable that was not set must not turn off what it was to turn on.
TEST(options, an_empty_path_is_not_a_path_that_was_not_given) {
  const auto refuse = [](hawser::tls_options tls, const std::string& name) {
    expect_refused({.url = "wss://h", .tls = std::move(tls)}, errc::invalid_option,
                   "tls." + name + ": must not be empty");
  };
  refuse({.ca_file = ""}, "ca_file");
  refuse({.certificate_file = "", .key_file = "k"}, "certificate_file");
  refuse({.certificate_file = "", .key_file = ""}, "certificate_file");
  refuse({.certificate_file = "c", .key_file = ""}, "key_file");
  expect_refused({.url = "ws://h", .unix_socket = ""}, errc::invalid_option,
                 "unix_socket: must not be empty");
  expect_refused({.url = "wss://h", .tls = {.pins = {""}}}, errc::invalid_option,
                 "tls.pins: '' is not sha256// and 44 base64 characters");
}

TEST(options, a_path_stands_in_one_place) {
  expect_refused({.url = "unix:/a", .unix_socket = "/b"}, errc::invalid_option,
                 "unix_socket: the url names one, too");
}

TEST(options, a_path_that_no_socket_can_have_is_refused) {
  expect_refused({.url = "ws://h", .unix_socket = std::string(108, 'x')}, errc::invalid_option,
                 "unix_socket: longer than a socket's path can be");
}

TEST(options, what_a_plug_in_made_of_the_request_is_checked) {
  hawser::handshake h;
  h.target = "/feed";
  EXPECT_EQ(words_of(hawser::validate(h)), "");
  for (const char* target : {"", "feed", "/a b", "/a\r\nX: y", "/\xC3\xA4"}) {
    h.target = target;
    EXPECT_EQ(words_of(hawser::validate(h)),
              "target: must begin with / and be printable ASCII without spaces");
  }
  h.target = "/";
  h.headers = {{"Authorization", "Bearer a\r\nX-Admin: yes"}};
  EXPECT_EQ(words_of(hawser::validate(h)),
            "headers: the value of 'Authorization' has a control character");
}

TEST(options, headers_cannot_smuggle) {
  options o = good();
  for (const char* name : {"", "a b", "a:b", "a\r\nb", "\xC3\xA4"}) {
    o.headers = {{name, "v"}};
    expect_refused(o, errc::invalid_option,
                   "headers: '" + std::string(name) + "' is not a header name");
  }
  for (const char* value : {"a\r\nb", "a\nb", "\x7F", "\x01"}) {
    o.headers = {{"X-Name", value}};
    expect_refused(o, errc::invalid_option,
                   "headers: the value of 'X-Name' has a control character");
  }
  o.headers = {{"X-Name_1!", "tab\tand \xC3\xA4"}};
  EXPECT_EQ(words_of(hawser::validate(o)), "");
}

TEST(options, the_handshakes_own_headers_are_not_the_users) {
  options o = good();
  for (const char* name : {"connection", "UPGRADE", "Sec-WebSocket-Key", "sec-websocket-anything",
                           "Content-Length", "transfer-encoding", "te", "Trailer"}) {
    o.headers = {{"X-Good", "x"}, {name, "x"}};
    expect_refused(
        o, errc::invalid_option,
        "headers: '" + std::string(name) + "' belongs to the handshake, which sets it itself");
  }
  o.headers = {{"Host", "other.example:8080"},
               {"Sec-WebSocke", "x"},
               {"Sec-WebSocketKey", "x"},
               {"Trailers", "x"}};
  EXPECT_EQ(words_of(hawser::validate(o)), "");
  o.headers = {{"Host", "a b"}};
  expect_refused(o, errc::invalid_option, "headers: the value of 'Host' is no host[:port]");
}

TEST(options, subprotocols_are_distinct_tokens) {
  options o = good();
  o.subprotocols = {"hawser.v1", "a,b"};
  expect_refused(o, errc::invalid_option, "subprotocols: 'a,b' is not a token");
  o.subprotocols = {"a", "b", "a"};
  expect_refused(o, errc::invalid_option, "subprotocols: 'a' is offered twice");
}

TEST(options, every_deadline_is_above_zero_and_at_most_a_day) {
  const std::pair<const char*, hawser::duration hawser::deadlines::*> all[] = {
      {"authenticate", &hawser::deadlines::authenticate},
      {"resolve", &hawser::deadlines::resolve},
      {"connect", &hawser::deadlines::connect},
      {"secure", &hawser::deadlines::secure},
      {"upgrade", &hawser::deadlines::upgrade},
      {"refusal_body", &hawser::deadlines::refusal_body},
      {"handover", &hawser::deadlines::handover},
      {"write_progress", &hawser::deadlines::write_progress},
      {"close", &hawser::deadlines::close}};
  for (const auto& [name, member] : all) {
    for (const hawser::duration d : {hawser::duration(0), hawser::duration(-1),
                                     hawser::duration(24h) + 1ns, hawser::duration::max()}) {
      options o = good();
      o.deadlines.*member = d;
      expect_refused(o, errc::invalid_option,
                     std::string("deadlines.") + name + ": must be above 0 and at most 24 h");
    }
    options o = good();
    o.deadlines.*member = 24h;
    EXPECT_EQ(words_of(hawser::validate(o)), "");
  }
}

TEST(options, every_bound_is_above_its_least) {
  options o = good();
  o.limits.message = 0;
  expect_refused(o, errc::invalid_option, "limits.message: must be above 0");
  o = good();
  o.limits.calls = 0;
  expect_refused(o, errc::invalid_option, "limits.calls: must be above 0");
  o = good();
  o.limits.unacknowledged = 0;
  expect_refused(o, errc::invalid_option, "limits.unacknowledged: must be above 0");
  o = good();
  o.limits.mailbox = 0;
  expect_refused(o, errc::invalid_option, "limits.mailbox: must be above 0");
  o = good();
  o.limits.header_bytes = 255;
  expect_refused(o, errc::invalid_option, "limits.header_bytes: must be at least 256");
  for (std::size_t i = 0; i < hawser::lane_count; ++i) {
    o = good();
    o.limits.lanes[i].frames = 0;
    expect_refused(o, errc::invalid_option, "limits.lanes: bounds must be above 0");
    o = good();
    o.limits.lanes[i].bytes = 0;
    expect_refused(o, errc::invalid_option, "limits.lanes: bounds must be above 0");
  }
  for (const std::size_t threads : {std::size_t{0}, std::size_t{65}}) {
    o = good();
    o.offload.threads = threads;
    expect_refused(o, errc::invalid_option, "offload.threads: must be 1 to 64");
  }
  o = good();
  o.offload.queued = 0;
  expect_refused(o, errc::invalid_option, "offload.queued: must be above 0");
  o = good();
  o.slow_hook = -1ns;
  expect_refused(o, errc::invalid_option, "slow_hook: must not be below 0");
  o = good();
  o.offline = {.messages = 1, .bytes = 0};
  expect_refused(o, errc::invalid_option, "offline.bytes: must be above 0");
  for (const hawser::duration age : {hawser::duration(0), hawser::duration(-1),
                                     hawser::reaction::longest + 1ns, hawser::duration::max()}) {
    o.offline = {.messages = 1, .age = age};
    expect_refused(o, errc::invalid_option, "offline.age: must be above 0 and at most 3653 days");
  }
  o.offline = {.messages = 0, .bytes = 0, .age = 0s};
  EXPECT_EQ(words_of(hawser::validate(o)), "") << "nothing waits: nothing bounds it";
}

}  // namespace options_test
