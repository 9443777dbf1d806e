#include <hawser/core/text/utf8.hpp>

#include <gtest/gtest.h>
#include <simdjson.h>

#include <string>

namespace utf8_test {

bool oracle(std::string_view s) { return simdjson::validate_utf8(s.data(), s.size()); }

// Fed in two pieces, cut at `at`.
bool in_pieces(std::string_view s, std::size_t at) {
  hawser::utf8_validator v;
  return v.feed(hawser::as_bytes(s.substr(0, at))) && v.feed(hawser::as_bytes(s.substr(at))) &&
         v.complete();
}

// Both validators and simdjson say the same of `s` wherever it is cut.
bool agreed(std::string_view s) {
  const bool want = oracle(s);
  bool good = hawser::valid_utf8(hawser::as_bytes(s)) == want;
  for (std::size_t at = 0; at <= s.size(); ++at) good = good && in_pieces(s, at) == want;
  return good;
}

TEST(utf8, every_one_and_two_byte_text) {
  for (unsigned a = 0; a < 256; ++a) {
    const std::string one(1, static_cast<char>(a));
    ASSERT_TRUE(agreed(one)) << a;
    for (unsigned b = 0; b < 256; ++b) ASSERT_TRUE(agreed(one + static_cast<char>(b))) << a << b;
  }
}

// The bytes at which a rule of RFC 3629 begins or ends.
TEST(utf8, every_three_and_four_byte_text_of_boundary_bytes) {
  constexpr unsigned char edges[] = {0x00, 0x41, 0x7F, 0x80, 0x8F, 0x90, 0x9F, 0xA0, 0xBF,
                                     0xC0, 0xC1, 0xC2, 0xDF, 0xE0, 0xE1, 0xEC, 0xED, 0xEE,
                                     0xEF, 0xF0, 0xF1, 0xF3, 0xF4, 0xF5, 0xFE, 0xFF};
  for (const auto a : edges) {
    for (const auto b : edges) {
      for (const auto c : edges) {
        const std::string three{static_cast<char>(a), static_cast<char>(b), static_cast<char>(c)};
        ASSERT_TRUE(agreed(three)) << +a << ' ' << +b << ' ' << +c;
        if (a < 0xE0) continue;  // A fourth byte is news only behind a lead that wants it.
        for (const auto d : edges) {
          ASSERT_TRUE(agreed(three + static_cast<char>(d)))
              << +a << ' ' << +b << ' ' << +c << ' ' << +d;
        }
      }
    }
  }
}

// The fast path over eight ASCII bytes, and the change to simdjson at 128.
TEST(utf8, a_bad_byte_is_found_at_every_place_of_every_length) {
  for (std::size_t size = 1; size <= 140; ++size) {
    const std::string good(size, 'a');
    ASSERT_TRUE(agreed(good)) << size;
    for (std::size_t at = 0; at < size; ++at) {
      std::string bad = good;
      bad[at] = '\x80';
      ASSERT_FALSE(hawser::valid_utf8(hawser::as_bytes(bad))) << size << ' ' << at;
      ASSERT_FALSE(in_pieces(bad, size / 2)) << size << ' ' << at;
    }
  }
}

TEST(utf8, fails_at_the_first_byte_that_no_text_could_have) {
  const struct {
    std::string_view good;
    std::string_view bad;
  } cases[] = {
      {"a", "\x80"},           {"", "\xC0"},     {"", "\xC1"},     {"", "\xF5"},  {"\xE0", "\x9F"},
      {"\xED", "\xA0"},        {"\xF0", "\x8F"}, {"\xF4", "\x90"}, {"\xC3", "("}, {"\xE2\x82", "("},
      {"\xF0\x9F\x98", "\xFF"}};
  for (const auto& c : cases) {
    hawser::utf8_validator v;
    EXPECT_TRUE(v.feed(hawser::as_bytes(c.good)));
    EXPECT_FALSE(v.feed(hawser::as_bytes(c.bad))) << testing::PrintToString(std::string(c.bad));
  }
}

TEST(utf8, is_incomplete_within_a_character_and_ready_for_the_next_text_behind_it) {
  hawser::utf8_validator v;
  EXPECT_TRUE(v.complete());
  EXPECT_TRUE(v.feed(hawser::as_bytes("\xF0\x9F\x98")));
  EXPECT_FALSE(v.complete());
  EXPECT_TRUE(v.feed({}));
  EXPECT_FALSE(v.complete());
  EXPECT_TRUE(v.feed(hawser::as_bytes("\x80")));
  EXPECT_TRUE(v.complete());
  EXPECT_TRUE(v.feed(hawser::as_bytes("a")));
  EXPECT_FALSE(v.feed(hawser::as_bytes("\x80")));
}

}  // namespace utf8_test
