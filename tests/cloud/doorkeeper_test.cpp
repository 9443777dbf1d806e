#include "cloud/doorkeeper.hpp"

#include <hawser/io/acceptor.hpp>
#include <hawser/io/crypto.hpp>

#include "support/words.hpp"

#include <gtest/gtest.h>

namespace hawser {
namespace doorkeeper_test {

class doorkeepers : public ::testing::Test {
 protected:
  result<std::string> judge(std::vector<header> headers) {
    handshake h;
    h.headers = std::move(headers);
    return doorkeeper(rules, *hash, bytes(32)).judge(h);
  }
  void with_tokens() {
    rules.authenticate = true;
    rules.tokens = {{"gw-7", "secret"}, {"gw-7", "renewed"}, {"gw-8", "x y"}, {"gw-9", "bearer"}};
  }
  std::unique_ptr<hasher> hash = make_sha256();
  cloud_options rules;
};

TEST_F(doorkeepers, without_rules_everybody_may_in) {
  EXPECT_EQ(judge({}).value(), "");
  EXPECT_EQ(judge({{"Authorization", "Basic x"}}).value(), "");
}

TEST_F(doorkeepers, a_token_names_its_device) {
  with_tokens();
  const std::pair<const char*, const char*> cases[] = {
      {"Bearer secret", "gw-7"}, {"bearer secret", "gw-7"},    {"BEARER secret", "gw-7"},
      {"bEaReR secret", "gw-7"}, {"Bearer   secret", "gw-7"},  {"Bearer renewed", "gw-7"},
      {"Bearer x y", "gw-8"},    {"bearer    bearer", "gw-9"},
  };
  for (const auto& [value, device] : cases) {
    const auto r = judge({{"Host", "h"}, {"authorization", value}});
    ASSERT_TRUE(r) << value;
    EXPECT_EQ(*r, device) << value;
  }
}

TEST_F(doorkeepers, anything_else_is_unauthorized) {
  with_tokens();
  for (const char* value :
       {"", "Bearer", "Bearer ", "Bearer    ", "Bearersecret", "Bearer\tsecret", "Bearer \tsecret",
        "Bearer Secret", "Bearer secre", "Bearer secrets", "Bearer secret ", "Basic secret",
        "secret", "Bearer: secret", "Token secret", "Bearer secret, Basic x"}) {
    EXPECT_EQ(judge({{"Authorization", value}}).error(), errc::unauthorized) << value;
  }
  EXPECT_EQ(judge({}).error(), errc::unauthorized);
  EXPECT_EQ(judge({{"X-Authorization", "Bearer secret"}}).error(), errc::unauthorized);
  EXPECT_EQ(judge({{"Authorization", "Bearer secret"}, {"Authorization", "Bearer other"}}).error(),
            errc::unauthorized)
      << "whose word counts?";
  rules.tokens.clear();
  EXPECT_EQ(judge({{"Authorization", "Bearer secret"}}).error(), errc::unauthorized);
}

TEST_F(doorkeepers, an_origin_needs_a_token_and_the_same_host_or_its_name) {
  const header evil{"Origin", "https://evil.example"};
  const header own{"origin", "https://Cloud.example"};
  const header host{"Host", "cloud.example"};
  const header token{"Authorization", "Bearer secret"};
  EXPECT_EQ(judge({host, evil}).error(), errc::origin_refused);
  EXPECT_EQ(judge({host, own}).error(), errc::origin_refused) << "no token was accepted";
  EXPECT_EQ(judge({host, own, token}).error(), errc::origin_refused) << "none is looked at";
  with_tokens();
  EXPECT_EQ(judge({host, evil, token}).error(), errc::origin_refused);
  EXPECT_EQ(judge({host, evil}).error(), errc::origin_refused);
  EXPECT_EQ(judge({host, own, token}).value(), "gw-7");
  EXPECT_EQ(judge({host, own}).error(), errc::unauthorized);
  EXPECT_EQ(judge({{"Host", "cloud.example:443"}, own, token}).value(), "gw-7");
  EXPECT_EQ(judge({{"Host", "cloud.example:80"}, own, token}).error(), errc::origin_refused);
  EXPECT_EQ(judge({own, token}).error(), errc::origin_refused) << "no host to compare with";
  for (const char* value : {"null", "", "cloud.example", "https://cloud.example/",
                            "https://cloud.example, https://evil.example"}) {
    EXPECT_EQ(judge({host, {"Origin", value}, token}).error(), errc::origin_refused) << value;
  }
  EXPECT_EQ(judge({host, own, own, token}).error(), errc::origin_refused) << "two of them";
}

TEST_F(doorkeepers, an_allowed_origin_still_needs_its_token) {
  rules.allow_origins = {"https://page.example", "http://other.example:8080"};
  const header page{"Origin", "https://PAGE.example:443"};
  EXPECT_EQ(judge({page}).value(), "") << "of a cloud that asks for none";
  EXPECT_EQ(judge({{"Origin", "http://page.example"}}).error(), errc::origin_refused);
  EXPECT_EQ(judge({{"Origin", "http://other.example"}}).error(), errc::origin_refused);
  EXPECT_EQ(judge({{"Origin", "http://other.example:8080"}}).value(), "");
  with_tokens();
  EXPECT_EQ(judge({page}).error(), errc::unauthorized);
  EXPECT_EQ(judge({page, {"Authorization", "Bearer secret"}}).value(), "gw-7");
}

cloud_options good_options() {
  cloud_options o;
  o.ledger = "l";
  return o;
}

void expect_refused(const cloud_options& o, const std::string& why) {
  const auto r = validate(o);
  ASSERT_FALSE(r) << why;
  EXPECT_EQ(r.error().code, errc::invalid_option);
  EXPECT_EQ(words_of(r).substr(0, why.size()), why);
}

TEST(cloud_options, what_would_turn_a_protection_off_is_refused_by_name) {
  const auto with = [](auto change) {
    cloud_options o = good_options();
    change(o);
    return o;
  };
  expect_refused(with([](auto& o) { o.unix_socket = ""; }), "unix_socket: must not be empty");
  expect_refused(with([](auto& o) { o.ledger = ""; }), "ledger: must not be empty");
  expect_refused(with([](auto& o) {
                   o.tokens = {{"d", "t"}};
                 }),
                 "tokens: are not looked at without authenticate");
  expect_refused(with([](auto& o) {
                   o.authenticate = true;
                   o.tokens = {{"d", ""}};
                 }),
                 "tokens: the token of 'd' is empty");
  expect_refused(with([](auto& o) {
                   o.authenticate = true;
                   o.tokens = {{"", "t"}};
                 }),
                 "tokens: a device without a name");
  for (const std::string text : {"", "null", "*", "page.example", "https://page.example/"}) {
    expect_refused(with([&](auto& o) { o.allow_origins = {text}; }),
                   "allow_origins: '" + text + "' is not scheme://host[:port]");
  }
  EXPECT_EQ(words_of(validate(good_options())), "");
}

TEST(cloud_options, beyond_loopback_something_must_guard_it) {
  for (const char* host : {"127.0.0.1", "127.9.9.9", "::1", "::ffff:127.0.0.1", "::1%lo"}) {
    cloud_options o = good_options();
    o.host = host;
    EXPECT_EQ(words_of(validate(o)), "");
  }
  for (const char* host : {"0.0.0.0", "::", "192.0.2.1", "2001:db8::1", "fe80::1%eth0", "10.0.0.1",
                           "::ffff:10.0.0.1", "nonsense", ""}) {
    cloud_options o = good_options();
    o.host = host;
    const std::string why = "open: " + o.host + " is not loopback";
    expect_refused(o, why);
    o.tls.certificate_file = "c";
    expect_refused(o, why);
    o.tls.client_ca_file = "ca";
    EXPECT_EQ(words_of(validate(o)), "");
    o.tls = {};
    o.authenticate = true;
    EXPECT_EQ(words_of(validate(o)), "");
    o.authenticate = false;
    o.open = true;
    EXPECT_EQ(words_of(validate(o)), "");
    o.open = false;
    o.unix_socket = "/run/x";
    EXPECT_EQ(words_of(validate(o)), "");
  }
}

TEST(acceptor_options, what_would_turn_a_protection_off_is_refused_by_name) {
  const auto refuse = [](const io::acceptor_options& o, const std::string& why) {
    const auto r = io::validate(o);
    ASSERT_FALSE(r) << why;
    EXPECT_EQ(r.error().code, errc::invalid_option);
    EXPECT_EQ(words_of(r), why);
  };
  refuse({.unix_socket = ""}, "unix_socket: must not be empty");
  refuse({.unix_socket = std::string(108, 'x')}, "unix_socket: longer than a socket's path can be");
  refuse({.tls = {.certificate_file = "", .key_file = "k"}},
         "tls.certificate_file: must not be empty");
  refuse({.tls = {.certificate_file = "c", .key_file = ""}}, "tls.key_file: must not be empty");
  refuse({.tls = {.certificate_file = "c", .key_file = "k", .client_ca_file = ""}},
         "tls.client_ca_file: must not be empty");
  refuse({.tls = {.certificate_file = "c"}},
         "tls.certificate_file and key_file: one needs the other");
  refuse({.tls = {.client_ca_file = "ca"}},
         "tls.client_ca_file: needs certificate_file, or nobody is asked for a certificate");
  refuse({.tls = {.verify_depth = -1}}, "tls.verify_depth: must be 0 to 100");
  refuse({.connections = 0}, "connections: must be above 0");
  refuse({.pending = 0}, "pending: must be above 0");
  refuse({.limits = {.header_bytes = 255}}, "limits.header_bytes: must be at least 256");
}

}  // namespace doorkeeper_test
}  // namespace hawser
