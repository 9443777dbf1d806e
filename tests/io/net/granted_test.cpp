// What on_authenticate adds is a credential, whatever it is called.
#include "io/net/granted.hpp"

#include <hawser/core/recovery/refusals.hpp>

#include <gtest/gtest.h>

namespace granted_test {

using hawser::fingerprint_of;
using hawser::handshake;
using hawser::header;
using hawser::io::added_to;

handshake bare() {
  handshake h;
  h.endpoint = "ws://h:80";
  h.target = "/v1/chat?page=1";
  h.headers = {{"X-Name", "me"}, {"X-Twice", "a"}};
  h.subprotocols = {"v1"};
  return h;
}

std::string said(const handshake& now) {
  std::string out;
  for (const header& f : added_to(bare(), now)) out += f.name + '=' + f.value + ';';
  return out;
}

TEST(granted, what_was_there_before_is_not) {
  EXPECT_EQ(said(bare()), "");
  handshake less = bare();
  less.headers.clear();
  less.target = "/v1";
  less.subprotocols.clear();
  EXPECT_EQ(said(less), "");
}

TEST(granted, whatever_is_added_wherever_it_stands) {
  handshake h = bare();
  h.headers.insert(h.headers.begin(), {"X-Passcode", "1234"});
  h.headers[1].value = "you";
  h.headers.push_back({"X-Twice", "a"});
  EXPECT_EQ(said(h), "X-Passcode=1234;X-Name=you;X-Twice=a;X-Twice=a;");
  h = bare();
  h.target = "/v1/bot42/chat;p=7?page=1&passcode=1=2&flag";
  h.subprotocols = {"v1", "p.1234"};
  EXPECT_EQ(said(h), "=bot42;p=7;passcode=1=2;=flag;=p.1234;");
}

TEST(granted, it_is_part_of_the_credentials_and_not_of_the_resource) {
  const auto with = [](auto change) {
    handshake h = bare();
    change(h);
    h.granted = added_to(bare(), h);
    return fingerprint_of(h);
  };
  const auto code = [&](std::string c) {
    return with([&](handshake& h) { h.headers.push_back({"X-Passcode", std::move(c)}); });
  };
  EXPECT_EQ(code("1"), code("1"));
  EXPECT_NE(code("1").credentials, code("2").credentials);
  EXPECT_EQ(code("1").resource, code("2").resource);
  const auto path = [&](const char* p) { return with([&](handshake& h) { h.target = p; }); };
  EXPECT_NE(path("/v1/bot1/chat").credentials, path("/v1/bot2/chat").credentials);
  EXPECT_EQ(path("/v1/bot1/chat").resource, path("/v1/bot2/chat").resource);
  EXPECT_NE(path("/v1/chat;p=1").credentials, path("/v1/chat;p=2").credentials);
  EXPECT_EQ(path("/v1/chat;p=1").resource, path("/v1/chat;p=2").resource);
  EXPECT_NE(path("/v1/chat").resource,
            fingerprint_of({.endpoint = "ws://h:80", .target = "/v1"}).resource);
  // What others add is judged by its name.
  handshake other = bare();
  other.headers.push_back({"X-Passcode", "1"});
  EXPECT_EQ(fingerprint_of(other), fingerprint_of(bare()));
}

}  // namespace granted_test
