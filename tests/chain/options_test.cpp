#include <hawser/options.hpp>

#include <gtest/gtest.h>

namespace options_test {

using namespace std::chrono_literals;
using hawser::errc;
using hawser::options;

options good() { return {.url = "ws://example.net"}; }

void expect_refused(const options& o, const hawser::error_code& error, std::string_view complaint) {
  std::string said;
  const auto r = hawser::validate(o, said);
  ASSERT_FALSE(r) << complaint;
  EXPECT_EQ(r.error(), error);
  EXPECT_EQ(said, complaint);
}

TEST(Options, TheDefaultsAreGood) {
  std::string complaint;
  EXPECT_TRUE(hawser::validate(good(), complaint)) << complaint;
}

TEST(Options, AWrongUrlIsRefused) {
  expect_refused({.url = "nonsense"}, errc::invalid_url, "url: must begin with ws:// or wss://");
}

TEST(Options, WrongTlsOptionsAreRefused) {
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
  std::string complaint;
  EXPECT_TRUE(
      hawser::validate({.url = "wss://h", .tls = {.pins = {"sha256//" + digest + "="}}}, complaint))
      << complaint;
}

// A variable that was not set must not turn off what it was to turn on.
TEST(Options, AnEmptyPathIsNotAPathThatWasNotGiven) {
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

TEST(Options, APathStandsInOnePlace) {
  expect_refused({.url = "unix:/a", .unix_socket = "/b"}, errc::invalid_option,
                 "unix_socket: the url names one, too");
}

TEST(Options, APathThatNoSocketCanHaveIsRefused) {
  expect_refused({.url = "ws://h", .unix_socket = std::string(108, 'x')}, errc::invalid_option,
                 "unix_socket: longer than a socket's path can be");
}

TEST(Options, WhatAPlugInMadeOfTheRequestIsChecked) {
  hawser::handshake h;
  h.target = "/feed";
  std::string said;
  EXPECT_TRUE(hawser::validate(h, said)) << said;
  for (const char* target : {"", "feed", "/a b", "/a\r\nX: y", "/\xC3\xA4"}) {
    h.target = target;
    EXPECT_FALSE(hawser::validate(h, said)) << target;
    EXPECT_EQ(said, "target: must begin with / and be printable ASCII without spaces");
  }
  h.target = "/";
  h.headers = {{"Authorization", "Bearer a\r\nX-Admin: yes"}};
  EXPECT_FALSE(hawser::validate(h, said));
  EXPECT_EQ(said, "headers: the value of 'Authorization' has a control character");
}

TEST(Options, HeadersCannotSmuggle) {
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
  std::string complaint;
  EXPECT_TRUE(hawser::validate(o, complaint)) << complaint;
}

TEST(Options, TheHandshakesOwnHeadersAreNotTheUsers) {
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
  std::string complaint;
  EXPECT_TRUE(hawser::validate(o, complaint)) << complaint;
  o.headers = {{"Host", "a b"}};
  expect_refused(o, errc::invalid_option, "headers: the value of 'Host' is no host[:port]");
}

TEST(Options, SubprotocolsAreDistinctTokens) {
  options o = good();
  o.subprotocols = {"hawser.v1", "a,b"};
  expect_refused(o, errc::invalid_option, "subprotocols: 'a,b' is not a token");
  o.subprotocols = {"a", "b", "a"};
  expect_refused(o, errc::invalid_option, "subprotocols: 'a' is offered twice");
}

TEST(Options, EveryDeadlineIsAboveZeroAndAtMostADay) {
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
    std::string complaint;
    EXPECT_TRUE(hawser::validate(o, complaint)) << complaint;
  }
}

TEST(Options, EveryBoundIsAboveItsLeast) {
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
}

}  // namespace options_test
