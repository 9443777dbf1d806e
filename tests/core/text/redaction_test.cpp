// Which names are secret, and where they stand.
#include <hawser/core/text/redaction.hpp>

#include <gtest/gtest.h>

namespace redaction_test {

using hawser::hidden_parts;
using hawser::is_secret;
using hawser::is_secret_member;
using hawser::redact_field;
using hawser::redact_parameters;
using hawser::redact_subprotocols;

using strings = std::vector<std::string>;

constexpr const char* new_words[] = {"sig", "code", "ticket", "sid",   "jwt",   "otp",
                                     "pin", "pass", "hmac",   "nonce", "bearer"};

TEST(secret_names, what_is_a_part_of_a_name) {
  for (const char* name :
       {"Authorization", "Cookie", "Set-Cookie", "access_token", "AccessToken", "x-api-key", "KEY",
        "passwd", "PASSWORD", "pwd", "X-Amz-Signature", "xsignature", "credentials", "session",
        "sessionId", "JSESSIONID", "client_secret", "Proxy-Authorization", "SASToken"}) {
    EXPECT_TRUE(is_secret(name)) << name;
    EXPECT_TRUE(is_secret_member(name, true)) << name;
    EXPECT_TRUE(is_secret_member(name, false)) << name;
  }
}

TEST(secret_names, what_is_a_whole_word_of_a_name) {
  for (const std::string w : new_words) {
    std::string upper = w, capital = w;
    for (char& c : upper) c = static_cast<char>(c - 32);
    capital[0] = upper[0];
    for (const std::string& name :
         {w, upper, capital, "x_" + w, "x-" + w + "-y", w + ".y", "my" + capital, w + "Value",
          "my" + capital + "Value", "SAS" + capital, upper + "Value", upper + "value", w + "2",
          "h256" + w, "user[" + w + "]", "a:" + w, "a+" + w, "a " + w,
          "%"
          "41-" +
              w}) {
      EXPECT_TRUE(is_secret(name)) << name;
    }
    for (const std::string& name : {"a" + w, w + "a", "a" + w + "a", "A" + upper, upper + "A",
                                    "a" + w + "Value", "\xc3\xa4" + w, w + "\xc3\xa4"}) {
      EXPECT_FALSE(is_secret(name)) << name;
    }
  }
  for (const char* name :
       {"ping",    "design",  "passenger", "pinned", "coding",       "codec",  "inside",
        "sidebar", "tickets", "compass",   "spin",   "announcement", "encode", "signal",
        "assign",  "opinion", "OPINION",   "typing", "pings",        "bypass", "passive",
        "nonces",  "",        "=",         "origin", "X-Who",        "status"}) {
    EXPECT_FALSE(is_secret(name)) << name;
  }
}

TEST(secret_names, percent_encoded) {
  for (const char* name : {"%73ig", "si%67", "%53%49%47", "x%2Dsig", "x%5fpin", "%74oken", "x+pin",
                           "p%69n", "access%5Ftok%65n"}) {
    EXPECT_TRUE(is_secret(name)) << name;
  }
  for (const char* name : {"%7", "%zzsig0x", "p%69ng", "%"}) EXPECT_FALSE(is_secret(name)) << name;
}

TEST(secret_names, of_members_only_some_and_only_for_strings) {
  for (const char* name : {"sig", "jwt", "otp", "hmac", "bearer", "pin", "pass", "userPin"}) {
    EXPECT_TRUE(is_secret_member(name, true)) << name;
    EXPECT_FALSE(is_secret_member(name, false)) << name;
  }
  for (const char* name : {"code", "ticket", "sid", "nonce", "statusCode", "ping", "design"}) {
    EXPECT_FALSE(is_secret_member(name, true)) << name;
    EXPECT_FALSE(is_secret_member(name, false)) << name;
  }
}

TEST(secret_names, a_challenge_is_none) {
  EXPECT_FALSE(is_secret("WWW-Authenticate"));
  EXPECT_FALSE(is_secret("proxy-authenticate"));
  EXPECT_EQ(redact_field("WWW-Authenticate", "Digest nonce=\"1\", realm=\"x\""),
            "Digest nonce=\"1\", realm=\"x\"");
}

TEST(redaction, targets) {
  const std::pair<const char*, const char*> cases[] = {
      {"/", "/"},
      {"/x?a=1&b=2", "/x?a=1&b=2"},
      {"/x?sig=S", "/x?sig=***"},
      {"/x?a=1&%73ig=S&b=2", "/x?a=1&%73ig=***&b=2"},
      {"/x?code=S&state=1&pin=S", "/x?code=***&state=1&pin=***"},
      {"/x?ping=1&design=2&passenger=3", "/x?ping=1&design=2&passenger=3"},
      {"/x?token=", "/x?token="},
      {"/x?token", "/x?token"},
      {"/x?token=S=S==&a=1", "/x?token=***&a=1"},
      {"/x?token=S?S&a=1", "/x?token=***&a=1"},
      {"/x?token=S;S&a=1", "/x?token=***&a=1"},
      {"/x?a=1;sig=S", "/x?a=1;sig=***"},
      {"/x?next=/y?sig=S&a=1", "/x?next=/y?sig=***&a=1"},
      {"/x?next=%2Fy%3Fsig%3DS&a=1", "/x?next=***&a=1"},
      {"/x?next=%252Fy%253Fsig%253DS", "/x?next=***"},
      {"/x?next=%2Fy%3Fa%3Db", "/x?next=%2Fy%3Fa%3Db"},
      {"/x;jsessionid=S?a=1", "/x;jsessionid=***?a=1"},
      {"/x/key=1/y?a=b", "/x/key=1/y?a=b"},
      {"/x?u=wss://me:S@h/p&a=1", "/x?u=wss://***@h/p&a=1"},
      {"a=1&pass=S", "a=1&pass=***"},
      {"/x is gone: token=S", "/x is gone: token=***"},
      {"pass=S\nname=me", "pass=***\nname=me"},
      {"pass = S", "pass =***"},
      {"<a href=\"/x?token=S\">here</a>", "<a href=\"/x?token=***\">here</a>"},
      {"user[pin]=S", "user[pin]=***"},
      {"/go/%2Fy%3Fsig%3DS/on?a=1", "/go/***/on?a=1"},
      {"/go/%252Fy%253Fsig%253DS", "/go/***"},
      {"/go/%2Fy%3Fa%3DS/100%25", "/go/%2Fy%3Fa%3DS/100%25"},
      {"see wss%3A%2F%2Fme%3AS%40h%2Fp, now", "see ***, now"},
      {"see //me:S@h/p", "see //***@h/p"},
      {"/a//b", "/a//b"},
      {"GET /\r\nAuthorization: Bearer S S\r\nHost: h", "GET /\r\nAuthorization: ***\r\nHost: h"},
      {"> cookie:S=1; a=2\n> b", "> cookie:***\n> b"},
      {"X-Access-Token: S", "X-Access-Token: ***"},
      {"X-Name: me, the-key-is: S", "X-Name: me, the-key-is: ***"},
      {"WWW-Authenticate: Basic", "WWW-Authenticate: Basic"},
      {"token: it is too old", "token: it is too old"},
  };
  for (const auto& [given, shown] : cases) EXPECT_EQ(redact_parameters(given), shown) << given;
}

// What is looked at anew for each of them takes the square of its length.
TEST(redaction, hostile_text_takes_no_longer_than_its_length) {
  std::string all, escaped, urls, words;
  for (int i = 0; i < 50'000; ++i) all += "=", escaped += "=%", urls += "://", words += "a-:%";
  for (const std::string& text :
       {all, escaped, urls, words, std::string(50'000, ' ') + "=", std::string(50'000, '/'),
        std::string(50'000, '%'), std::string(50'000, ':'), std::string(50'000, 'a') + ":"}) {
    EXPECT_EQ(redact_parameters(text), text);
  }
}

TEST(redaction, subprotocols) {
  const std::pair<strings, strings> cases[] = {
      {{"chat", "v2.chat"}, {"chat", "v2.chat"}},
      {{"v1", "bearer.S"}, {"v1", "bearer.***"}},
      {{"bearer", "S", "v1"}, {"bearer", "***", "v1"}},
      {{"access_token-S"}, {"access_token-***"}},
      {{"jwt.S", "v1"}, {"jwt.***", "v1"}},
      {{"base64url.bearer.authorization.k8s.io.S"}, {"base64url.bearer.***"}},
      {{"graphql-transport-ws", "design.v1"}, {"graphql-transport-ws", "design.v1"}},
      {{"tokenS"}, {"token***"}},
      {{"%74oken.S"}, {"***"}},
      {{"token."}, {"token."}},
  };
  for (const auto& [given, shown] : cases) EXPECT_EQ(redact_subprotocols(given), shown);
  EXPECT_EQ(redact_field("Sec-WebSocket-Protocol", "v1, bearer , S"), "v1, bearer, ***");
}

TEST(redaction, what_is_hidden_is_told) {
  hidden_parts hidden;
  (void)redact_parameters("/x?sig=one&a=2&next=%3Fsig%3Dtwo&u=ws://me:three@h", &hidden);
  (void)redact_subprotocols(strings{"bearer", "four", "pin.five"}, &hidden);
  (void)redact_field("Cookie", "six", &hidden);
  (void)redact_field("Referer", "https://h/?code=seven", &hidden);
  EXPECT_EQ(hidden, (hidden_parts{"one", "two", "three", "four", "five", "six", "seven"}));
}

// Found by fuzzing: a path is no query, but whoever forgets the `?` has a secret in it none the
// less.
TEST(redact_parameters, behind_a_path_without_a_question_mark) {
  EXPECT_EQ(redact_parameters("/chat&token=abc&x=1"), "/chat&token=***&x=1");
  EXPECT_EQ(redact_parameters("/chat/token=abc"), "/chat/token=abc");
}

}  // namespace redaction_test
