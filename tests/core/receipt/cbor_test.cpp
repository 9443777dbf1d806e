#include <hawser/core/receipt/cbor.hpp>

#include "support/hex.hpp"

#include <gtest/gtest.h>

#include <functional>
#include <limits>
#include <random>

namespace hawser {
namespace cbor_test {

using test::hex;
using test::to_hex;

std::string written(const std::function<void(cbor_writer&)>& write) {
  bytes out;
  cbor_writer w(out);
  write(w);
  return to_hex(out);
}

// The examples of RFC 8949 appendix A that are in our subset.
TEST(cbor_writer, writes_the_examples_of_the_rfc) {
  const std::pair<std::uint64_t, const char*> integers[] = {
      {0, "00"},
      {1, "01"},
      {10, "0a"},
      {23, "17"},
      {24, "1818"},
      {25, "1819"},
      {100, "1864"},
      {1000, "1903e8"},
      {1000000, "1a000f4240"},
      {255, "18ff"},
      {256, "190100"},
      {65535, "19ffff"},
      {65536, "1a00010000"},
      {4294967295, "1affffffff"},
      {4294967296, "1b0000000100000000"},
      {1000000000000, "1b000000e8d4a51000"},
      {18446744073709551615u, "1bffffffffffffffff"}};
  for (const auto& [value, expected] : integers) {
    EXPECT_EQ(written([&](cbor_writer& w) { w.unsigned_int(value); }), expected);
  }
  const std::pair<std::int64_t, const char*> negatives[] = {
      {-1, "20"},
      {-10, "29"},
      {-24, "37"},
      {-25, "3818"},
      {-100, "3863"},
      {-1000, "3903e7"},
      {std::numeric_limits<std::int64_t>::min(), "3b7fffffffffffffff"},
      {std::numeric_limits<std::int64_t>::max(), "1b7fffffffffffffff"},
      {0, "00"}};
  for (const auto& [value, expected] : negatives) {
    EXPECT_EQ(written([&](cbor_writer& w) { w.signed_int(value); }), expected);
  }
  EXPECT_EQ(written([](cbor_writer& w) { w.boolean(false).boolean(true).null(); }), "f4f5f6");
  EXPECT_EQ(written([](cbor_writer& w) { w.text("").text("IETF").text("\"\\"); }),
            "60644945544662225c");
  EXPECT_EQ(written([](cbor_writer& w) { w.byte_string({}).byte_string(hex("01020304")); }),
            "404401020304");
  EXPECT_EQ(written([](cbor_writer& w) { w.array(2).array(0).map(1).text("a").unsigned_int(1); }),
            "8280a1616101");
}

TEST(cbor_writer, keeps_what_the_buffer_holds) {
  bytes out = hex("ff");
  cbor_writer(out).raw(hex("0102"));
  EXPECT_EQ(to_hex(out), "ff0102");
}

TEST(cbor_reader, reads_what_was_written) {
  bytes out;
  cbor_writer(out)
      .array(8)
      .unsigned_int(18446744073709551615u)
      .signed_int(std::numeric_limits<std::int64_t>::min())
      .text("h\xc3\xa4user")
      .byte_string(hex("00ff"))
      .boolean(true)
      .null()
      .map(2)
      .unsigned_int(1)
      .array(0)
      .text("a")
      .map(0)
      .signed_int(7);
  cbor_reader in(out);
  EXPECT_EQ(*in.array(), 8u);
  EXPECT_EQ(*in.unsigned_int(), 18446744073709551615u);
  EXPECT_EQ(*in.signed_int(), std::numeric_limits<std::int64_t>::min());
  EXPECT_EQ(*in.text(), "h\xc3\xa4user");
  EXPECT_EQ(to_hex(*in.byte_string()), "00ff");
  EXPECT_EQ(*in.boolean(), true);
  EXPECT_EQ(*in.peek(), cbor_type::null);
  EXPECT_TRUE(in.null());
  EXPECT_EQ(*in.map(), 2u);
  EXPECT_EQ(*in.unsigned_int(), 1u);
  EXPECT_EQ(*in.array(), 0u);
  EXPECT_EQ(*in.text(), "a");
  EXPECT_EQ(*in.map(), 0u);
  EXPECT_FALSE(cbor_reader(in).finish());  // one item is missing
  EXPECT_EQ(*in.signed_int(), 7);
  EXPECT_TRUE(in.finish());
  EXPECT_EQ(in.offset(), out.size());
}

struct refusal {
  const char* name;
  const char* input;
  std::size_t offset;
  const char* problem;
};

class cbor_refusal : public ::testing::TestWithParam<refusal> {};

TEST_P(cbor_refusal, says_what_and_where) {
  const bytes input = hex(GetParam().input);
  cbor_reader in(input);
  EXPECT_FALSE(in.skip() && in.finish());
  EXPECT_EQ(in.offset(), GetParam().offset);
  EXPECT_EQ(in.problem(), GetParam().problem);
}

constexpr const char* not_shortest = "head not in its shortest form";
constexpr const char* unordered = "map keys not unique and in bytewise order";

INSTANTIATE_TEST_SUITE_P(
    every, cbor_refusal,
    ::testing::Values(
        refusal{"empty", "", 0, "truncated"}, refusal{"cut_in_a_head", "19 01", 0, "truncated"},
        refusal{"cut_in_an_array", "82 01 18", 2, "truncated"},
        refusal{"trailing", "01 02", 1, "bytes after the end"},
        refusal{"one_byte_for_23", "81 18 17", 1, not_shortest},
        refusal{"two_bytes_for_255", "19 00ff", 0, not_shortest},
        refusal{"four_bytes_for_65535", "1a 0000ffff", 0, not_shortest},
        refusal{"eight_bytes_for_32_bits", "1b 00000000ffffffff", 0, not_shortest},
        refusal{"long_negative", "38 00", 0, not_shortest},
        refusal{"long_text_length", "78 01 61", 0, not_shortest},
        refusal{"long_array_count", "98 01 01", 0, not_shortest},
        refusal{"negative_beyond_64_bits", "3b 8000000000000000", 0, "integer below -2^63"},
        refusal{"indefinite_array", "9f 01 ff", 0, "indefinite length"},
        refusal{"indefinite_text", "7f 61 61 ff", 0, "indefinite length"},
        refusal{"reserved_28", "1c", 0, "reserved additional information"},
        refusal{"tag", "c0 00", 0, "tag"}, refusal{"tag_inside", "81 c1 00", 1, "tag"},
        refusal{"half", "f9 0000", 0, "floating point"},
        refusal{"single", "fa 00000000", 0, "floating point"},
        refusal{"double_float", "fb 0000000000000000", 0, "floating point"},
        refusal{"undefined", "f7", 0, "simple value other than false, true, null"},
        refusal{"break_alone", "ff", 0, "simple value other than false, true, null"},
        refusal{"simple_in_two_bytes", "f8 14", 0, "simple value other than false, true, null"},
        refusal{"long_text", "62 61", 0, "string longer than the input"},
        refusal{"text_of_2_64", "7b ffffffffffffffff", 0, "string longer than the input"},
        refusal{"bytes_of_2_64", "5b ffffffffffffffff 00", 0, "string longer than the input"},
        refusal{"array_of_2_64", "9b ffffffffffffffff 00", 0, "container longer than the input"},
        refusal{"map_of_2_64", "bb ffffffffffffffff 00", 0, "container longer than the input"},
        refusal{"map_of_2_63", "bb 8000000000000000 00", 0, "container longer than the input"},
        refusal{"map_without_room", "a1 01", 0, "container longer than the input"},
        refusal{"bad_utf8", "81 62 c328", 1, "text is not UTF-8"},
        refusal{"surrogate", "63 eda080", 0, "text is not UTF-8"},
        refusal{"overlong", "62 c080", 0, "text is not UTF-8"},
        refusal{"key_twice", "a2 6161 00 6161 01", 4, unordered},
        refusal{"keys_swapped", "a2 02 00 01 00", 3, unordered},
        refusal{"longer_key_first", "a2 626161 00 6162 00", 5, unordered},
        refusal{"negative_key_before_positive", "a2 20 00 01 00", 3, unordered},
        refusal{"inner_map", "81 a2 02 00 01 00", 4, unordered},
        refusal{"array_key", "a1 80 00", 1, "map key is neither integer nor string"},
        refusal{"null_key", "a1 f6 00", 1, "map key is neither integer nor string"},
        refusal{"nine_levels", "81 81 81 81 81 81 81 81 80", 8, "nested too deep"}),
    [](const auto& test) { return test.param.name; });

TEST(cbor_reader, follows_eight_levels_and_not_nine) {
  const bytes eight = hex("81 81 81 81 81 81 81 80");
  EXPECT_TRUE(cbor_reader(eight).skip());
  cbor_reader seven(eight, 7);
  EXPECT_EQ(seven.skip().error(), wire_errc::too_big);
  const bytes deep(100'000, std::byte{0x81});
  cbor_reader in(deep);
  EXPECT_EQ(in.skip().error(), wire_errc::too_big);
  EXPECT_EQ(in.offset(), 8u);
}

TEST(cbor_reader, levels_that_have_ended_do_not_count) {
  bytes wide = hex("98 64");
  for (int i = 0; i < 100; ++i) cbor_writer(wide).array(1).map(0);
  cbor_reader in(wide, 3);
  EXPECT_TRUE(in.skip());
  EXPECT_TRUE(in.finish());
}

TEST(cbor_reader, checks_the_order_of_keys_after_a_nested_value) {
  const bytes good = hex("a3 01 a1 09 00 02 82 00 00 03 f6");
  cbor_reader in(good);
  EXPECT_EQ(in.skip()->size(), good.size());
  const bytes bad = hex("a2 02 a1 09 00 01 00");
  cbor_reader refusing(bad);
  EXPECT_FALSE(refusing.skip());
  EXPECT_EQ(refusing.offset(), 5u);
}

TEST(cbor_reader, refuses_another_type_where_it_stands) {
  const bytes input = hex("82 01 6161");
  cbor_reader in(input);
  (void)in.array();
  EXPECT_EQ(in.text().error(), wire_errc::malformed);
  EXPECT_EQ(in.offset(), 1u);
  EXPECT_EQ(in.problem(), "expected text");
  // The first error sticks.
  EXPECT_FALSE(in.unsigned_int());
  EXPECT_FALSE(in.skip());
  EXPECT_FALSE(in.finish());
  EXPECT_EQ(in.problem(), "expected text");
}

TEST(cbor_reader, refuses_an_integer_that_does_not_fit_the_asker) {
  const bytes big = hex("1b 8000000000000000");
  EXPECT_TRUE(cbor_reader(big).unsigned_int());
  EXPECT_FALSE(cbor_reader(big).signed_int());
  const bytes negative = hex("20");
  EXPECT_FALSE(cbor_reader(negative).unsigned_int());
  EXPECT_EQ(*cbor_reader(negative).signed_int(), -1);
}

TEST(cbor_reader, skip_returns_the_item_and_goes_on_behind_it) {
  const bytes input = hex("83 82 01 a1 01 02 6161 03");
  cbor_reader in(input);
  (void)in.array();
  EXPECT_EQ(to_hex(*in.skip()), "8201a10102");
  EXPECT_EQ(to_hex(*in.skip()), "6161");
  EXPECT_EQ(*in.unsigned_int(), 3u);
  EXPECT_TRUE(in.finish());
}

TEST(cbor_reader, a_caller_can_add_its_own_refusal) {
  const bytes input = hex("01 02");
  cbor_reader in(input);
  (void)in.unsigned_int();
  EXPECT_EQ(in.fail(0, "too small"), wire_errc::malformed);
  EXPECT_EQ(in.offset(), 0u);
  EXPECT_EQ(in.error(), wire_errc::malformed);
}

// An item written anew, value by value.
void copy_item(cbor_reader& in, cbor_writer& out) {
  switch (*in.peek()) {
    case cbor_type::unsigned_int:
      out.unsigned_int(*in.unsigned_int());
      break;
    case cbor_type::negative_int:
      out.signed_int(*in.signed_int());
      break;
    case cbor_type::byte_string:
      out.byte_string(*in.byte_string());
      break;
    case cbor_type::text:
      out.text(*in.text());
      break;
    case cbor_type::boolean:
      out.boolean(*in.boolean());
      break;
    case cbor_type::null:
      (void)in.null();
      out.null();
      break;
    case cbor_type::array: {
      const auto n = *in.array();
      out.array(n);
      for (std::uint64_t i = 0; i < n; ++i) copy_item(in, out);
      break;
    }
    case cbor_type::map: {
      const auto n = *in.map();
      out.map(n);
      for (std::uint64_t i = 0; i < 2 * n; ++i) copy_item(in, out);
      break;
    }
  }
}

// Determinism: what is accepted has one encoding only.
TEST(cbor_reader, accepts_nothing_that_would_be_written_otherwise) {
  std::mt19937_64 random(1);
  const bytes seed = hex("87 18ff 3903e7 43010203 6448c3a466 a2 01 f5 6162 82 f6 1a00010000 80 a0");
  int accepted = 0;
  for (int round = 0; round < 20'000; ++round) {
    bytes input = seed;
    const auto flips = 1 + random() % 3;
    for (std::uint64_t i = 0; i < flips; ++i) {
      input[random() % input.size()] = static_cast<std::byte>(random() & 0xff);
    }
    if (random() % 4 == 0) input.resize(random() % (input.size() + 1));
    cbor_reader check(input);
    if (!check.skip() || !check.finish()) {
      ASSERT_LE(check.offset(), input.size());
      ASSERT_FALSE(check.problem().empty());
      continue;
    }
    ++accepted;
    cbor_reader in(input);
    bytes again;
    cbor_writer out(again);
    copy_item(in, out);
    ASSERT_EQ(to_hex(again), to_hex(input));
  }
  EXPECT_GT(accepted, 1000);
}

TEST(cbor_reader, refuses_every_truncation) {
  const bytes whole = hex("85 18ff 3903e7 43010203 6448c3a466 a2 01 f5 6162 82 f6 1a00010000");
  ASSERT_TRUE(cbor_reader(whole).skip());
  for (std::size_t n = 0; n < whole.size(); ++n) {
    cbor_reader in(bytes_view(whole).first(n));
    EXPECT_FALSE(in.skip()) << n;
  }
}

// A caller's bound may be lower than the reader's own, not higher.
TEST(cbor_reader, follows_no_more_levels_than_it_has_room_for) {
  bytes input(cbor_max_depth + 1, std::byte{0x81});
  input.push_back(std::byte{0});
  cbor_reader r(input, cbor_max_depth + 1);
  for (std::size_t i = 0; i < cbor_max_depth; ++i) EXPECT_TRUE(r.array()) << i;
  EXPECT_EQ(r.array().error(), wire_errc::too_big);
}

}  // namespace cbor_test
}  // namespace hawser
