// No echo of what a client has sent is shown, however the peer writes it.
#include <hawser/core/text/json_redact.hpp>
#include <hawser/core/text/sent_secrets.hpp>

#include <gtest/gtest.h>

#include <random>

namespace sent_secrets_test {

using hawser::sent_secrets;

using strings = std::vector<std::string>;

std::string without(std::string_view name, std::string_view value, std::string_view text) {
  sent_secrets s;
  s.add_field(name, value);
  return s.mask(text);
}

TEST(sent_secrets, nothing_was_sent_so_nothing_is_hidden) {
  EXPECT_EQ(sent_secrets().mask("bad token abcdef"), "bad token abcdef");
  EXPECT_TRUE(sent_secrets().empty());
  EXPECT_EQ(without("Origin", "https://here.example", "not from https://here.example"),
            "not from https://here.example");
}

TEST(sent_secrets, the_token_behind_the_scheme_and_not_the_scheme) {
  EXPECT_EQ(
      without("Authorization", "Bearer abc-def_123.456", "Bearer: bad abc-def_123.456 (Bearer)"),
      "Bearer: bad *** (Bearer)");
  EXPECT_EQ(without("X-Api-Key", "abc def ghi", "you said abc def ghi"), "you said abc ***")
      << "a scheme is a word in front";
  EXPECT_EQ(without("X-Api-Key", "k1", "key k1 of k12"), "key *** of k12");
}

TEST(sent_secrets, basic_is_read_as_the_server_does) {
  // aladdin:opensesame
  const char* sent = "Basic YWxhZGRpbjpvcGVuc2VzYW1l";
  EXPECT_EQ(without("authorization", sent, "aladdin has not the password opensesame"),
            "aladdin has not the password ***");
  EXPECT_EQ(without("Proxy-Authorization", sent, "got YWxhZGRpbjpvcGVuc2VzYW1l."), "got ***.");
  // me:pw
  EXPECT_EQ(without("Authorization", "Basic bWU6cHc=", "pw is wrong, opwn"), "*** is wrong, opwn");
}

TEST(sent_secrets, of_digest_what_the_challenge_said_is_shown) {
  const char* sent =
      "Digest username=\"me\", realm=\"the realm here\", nonce=\"n0nce123456\", "
      "response=\"6629fae49393a05397450978507c4ef1\"";
  EXPECT_EQ(without("Authorization", sent, "realm=\"the realm here\", nonce=\"n0nce123456\""),
            "realm=\"the realm here\", nonce=\"n0nce123456\"");
  EXPECT_EQ(without("Authorization", sent, "6629fae49393a05397450978507c4ef1?"), "***?");
}

TEST(sent_secrets, the_values_of_cookies) {
  EXPECT_EQ(without("Cookie", "sid=abcd1234efgh; theme=dark; p=\"quoted one\"",
                    "abcd1234efgh sid theme quoted one"),
            "*** sid theme ***");
}

TEST(sent_secrets, of_targets_and_subprotocols_what_is_hidden_in_the_log) {
  sent_secrets s;
  s.add_target("/v1?sig=aaaa%2Fbbbb%3D&page=next-page&ticket=t1cket77");
  s.add_subprotocols(strings{"v1.json", "bearer", "tok3n-tok3n",
                             "base64url.bearer.authorization.k8s.io.c2VjcmV0LXNlY3JldA"});
  EXPECT_EQ(s.mask("aaaa/bbbb= aaaa%2Fbbbb%3D aaaa%2fbbbb%3d t1cket77 next-page v1.json"),
            "*** *** *** *** next-page v1.json");
  EXPECT_EQ(s.mask("tok3n-tok3n, c2VjcmV0LXNlY3JldA, secret-secret"), "***, ***, ***");
}

TEST(sent_secrets, however_it_is_escaped) {
  for (const char* echo :
       {"a/b+c=&\"<d>'e", R"(a\/b+c=&\"<d>'e)", "a%2Fb%2Bc%3D%26%22%3Cd%3E%27e",
        "a&#x2F;b&#43;c=&amp;&quot;&lt;d&gt;&#39;e", R"(\u0061/b\u002bc=\u0026\"<d>'e)",
        "a%252Fb%252Bc%253D%2526%2522%253Cd%253E%2527e"}) {
    EXPECT_EQ(without("X-Token", "a/b+c=&\"<d>'e", "[" + std::string(echo) + "]"), "[***]") << echo;
  }
}

TEST(sent_secrets, what_is_a_credential_whatever_it_is_called) {
  const auto granted = [](std::string_view name, std::string_view value, std::string_view text) {
    sent_secrets s;
    s.add_credential(name, value);
    return s.mask(text);
  };
  EXPECT_EQ(granted("X-Passcode", "1234", "1234 is wrong"), "*** is wrong");
  EXPECT_EQ(granted("X-Passcode", "open says me", "you said open says me."), "you said ***.");
  EXPECT_EQ(granted("X-Device", "Bearer abcd", "abcd is no Bearer."), "*** is no Bearer.");
  EXPECT_EQ(granted("Authorization", "Bearer abcd", "Bearer abcd"), "Bearer ***");
  EXPECT_EQ(granted("cookie", "lang=en; a=bcde", "bcde of lang"), "*** of lang");
  EXPECT_EQ(granted({}, "segment", "/a/segment/b"), "/a/***/b");
}

TEST(sent_secrets, pieces_and_what_was_cut) {
  const std::string secret = "0123456789abcdefghij";
  EXPECT_EQ(without("X-Token", secret, "it begins with 01234567..."), "it begins with ***...");
  EXPECT_EQ(without("X-Token", secret, "and ends with cdefghij"), "and ends with ***");
  for (std::size_t n = 3; n < secret.size(); ++n) {
    EXPECT_EQ(without("X-Token", secret, "you sent " + secret.substr(0, n)), "you sent ***") << n;
  }
  EXPECT_EQ(without("X-Token", "abc1", "you sent abc"), "you sent ***");
}

// Whatever is sent and however it comes back, no piece of it is left.
TEST(sent_secrets, no_piece_is_ever_left) {
  std::mt19937 random(7);
  const auto pick = [&](std::size_t n) { return random() % n; };
  constexpr std::string_view token = "abcXYZ0123456789-._~+/=";
  const auto make = [&](std::size_t size) {
    std::string out;
    while (out.size() < size) out += token[pick(token.size())];
    return out;
  };
  const auto encode = [&](const std::string& s) {
    std::string out;
    constexpr char hex[] = "0123456789ABCDEF";
    const std::size_t way = pick(4);
    for (const char c : s) {
      const auto u = static_cast<unsigned char>(c);
      if (way == 1 || (way == 2 && pick(2) == 0)) {
        out += {'%', hex[u >> 4], hex[u & 15]};
      } else if (way == 3 && c == '/') {
        out += "\\/";
      } else {
        out += c;
      }
    }
    return out;
  };
  for (int round = 0; round < 300; ++round) {
    const std::string secret = make(8 + pick(40));
    sent_secrets s;
    switch (pick(5)) {
      case 0:
        s.add_field("Authorization", "Bearer " + secret);
        break;
      case 1:
        s.add_field("cookie", "a=1; k=" + secret);
        break;
      case 2:
        s.add_target("/p?x=1&sig=" + secret);
        break;
      case 3:
        s.add_subprotocols(strings{"v1", "bearer", secret});
        break;
      default:
        s.add_field("X-Api-Key", secret);
    }
    const std::string body = make(pick(20)) + " " + encode(secret) + "\"" + make(pick(20)) +
                             encode(secret) + " " + secret.substr(0, pick(secret.size()));
    const std::string shown = s.mask(hawser::redact_text(body));
    for (std::size_t i = 0; i + 8 <= secret.size(); ++i) {
      EXPECT_EQ(shown.find(secret.substr(i, 8)), std::string::npos) << secret << '\n'
                                                                    << body << '\n'
                                                                    << shown;
    }
  }
}

TEST(redact_text, json_that_was_cut_hides_by_name_as_well) {
  const std::pair<const char*, const char*> cases[] = {
      {R"({"token":"S","n":1})", R"({"token":"***","n":1})"},
      {R"({"n":1,"token":"S","m":"S)", R"({"n":1,"token":"***","m":"S)"},
      {R"({"n":"x","token":"S)", R"({"n":"x","token":"***")"},
      {R"({"token" : 17, "n":)", R"({"token" : "***", "n":)"},
      {R"({"token":{"a":"S","b")", R"({"token":"***")"},
      {R"({"token":"a\"S","n":1,)", R"({"token":"***","n":1,)"},
      {R"({"pin":1,"sig":"S","code":"c")", R"({"pin":1,"sig":"***","code":"c")"},
      {"he said \"no\": token=S", "he said \"no\": token=***"},
      {"plain", "plain"},
      {R"({"log":"{\"sig\":\"S\"}"} more)", R"({"log":"{\"sig\":\"***\"}"} more)"},
      {R"({"log":"a \"b\": \"{\\\"sig\\\":\\\"S\\\"}\", \"sig)",
       R"({"log":"a \"b\": \"{\\\"sig\\\":\\\"***\\\"}\", \"sig")"},
      {R"({"log":"a \"b\": 1"} more)", R"({"log":"a \"b\": 1"} more)"},
      {R"({"u":"https:\/\/x\/?a=1\u0026token\u003dS)", R"({"u":"https://x/?a=1&token=***)"},
      {R"({"u":"https:\/\/me:S@x\/","n":)", R"({"u":"https://***@x/","n":)"},
      {R"({"\u0074oken":"S","n":)", R"({"token":"***","n":)"},
      {R"({"a":1}{"token":"S"})", R"({"a":1}{"token":"***"})"},
      {R"({"a":"\\u003d\n\u","n":)", R"({"a":"\\u003d\n\u","n":)"},
      {R"({"n":123456789012345678901234567890,"u":"/?sig=S"})",
       R"({"n":123456789012345678901234567890,"u":"/?sig=***"})"},
      {"\"", "\""},
      {"\"token\":", "\"token\":"},
  };
  for (const auto& [given, shown] : cases) EXPECT_EQ(hawser::redact_text(given), shown) << given;
}

}  // namespace sent_secrets_test
