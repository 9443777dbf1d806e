#include <hawser/core/receipt/hlc.hpp>
#include <hawser/core/receipt/receipt.hpp>
#include <hawser/core/receipt/receipt_json.hpp>
#include <hawser/governor/metadata.hpp>

#include "support/fake_hasher.hpp"
#include "support/hex.hpp"

#include <gtest/gtest.h>

#include <random>

namespace hawser {
namespace receipt_test {

using governor::decimal;
using governor::fields;
using test::fake_hasher;
using test::hex;
using test::to_hex;

receipt sample() {
  receipt r;
  r.seq = 7;
  r.hlc = hlc_at(1'767'323'045'678) + 3;
  r.event = "record_usage";
  r.from = "active";
  r.to = "quota_exceeded";
  r.reason = "quota_exceeded";
  r.key = "k-1";
  r.metadata = encode_metadata({{"usage", std::int64_t{12}}}, R"({"a": 1})");
  return r;
}

TEST(receipt, has_the_frozen_encoding) {
  receipt r;
  r.seq = 1;
  r.hlc = 65536;
  r.event = "e";
  r.from = "f";
  r.to = "t";
  r.reason = "r";
  EXPECT_EQ(to_hex(encode(r)), "88011a00010000616561666174617260a0");
  r.key = "k";
  r.metadata = hex("a1616101");
  EXPECT_EQ(to_hex(encode(r)),
            "88011a0001000061656166617461726"
            "16ba1616101");
}

TEST(receipt, reads_back_what_it_wrote) {
  const receipt r = sample();
  const auto back = decode_receipt(encode(r));
  ASSERT_TRUE(back);
  EXPECT_EQ(*back, r);
  receipt bare;
  bare.seq = 1;
  EXPECT_EQ(*decode_receipt(encode(bare)), bare);  // the empty map is empty metadata
}

TEST(receipt, refuses_what_it_would_not_have_written) {
  const char* const refused[] = {
      "",
      "80",
      "87011a00010000616561666174617260",                // seven items
      "89011a00010000616561666174617260a000",            // nine
      "88001a00010000616561666174617260a0",              // number 0
      "88201a00010000616561666174617260a0",              // number -1
      "88011a00010000616561666174617260a000",            // bytes behind it
      "88011a00010000416561666174617260a0",              // event as bytes
      "88011a000100006165616661746172f6a0",              // key null
      "88011a0001000061656166617461726080",              // metadata an array
      "88011a00010000616561666174617260a10101",          // metadata with an integer key
      "88011a00010000616561666174617260a2616201616101",  // metadata unordered
      "8818011a00010000616561666174617260a0",            // number not shortest
      "88011a0001000061ff61666174617260a0",              // bad UTF-8
  };
  for (const char* const text : refused) {
    EXPECT_EQ(decode_receipt(hex(text)).error(), wire_errc::malformed) << text;
  }
}

// A message carries receipts two levels down, and its depth is 8.
TEST(receipt, refuses_metadata_too_deep_for_a_message) {
  const std::string head = "88011a00010000616561666174617260a16161";
  EXPECT_TRUE(decode_receipt(hex(head + "81818180")));
  EXPECT_EQ(decode_receipt(hex(head + "8181818180")).error(), wire_errc::too_big);
}

TEST(receipt, refuses_every_truncation_and_keeps_to_one_encoding) {
  const bytes whole = encode(sample());
  for (std::size_t n = 0; n < whole.size(); ++n) {
    EXPECT_FALSE(decode_receipt(bytes_view(whole).first(n))) << n;
  }
  std::mt19937_64 random(2);
  int accepted = 0;
  for (int round = 0; round < 10'000; ++round) {
    bytes input = whole;
    for (auto flips = 1 + random() % 2; flips > 0; --flips) {
      input[random() % input.size()] = static_cast<std::byte>(random() & 0xff);
    }
    const auto r = decode_receipt(input);
    if (!r) continue;
    ++accepted;
    ASSERT_EQ(to_hex(encode(*r)), to_hex(input));
  }
  EXPECT_GT(accepted, 100);
}

TEST(receipt, repairs_text_that_no_reader_would_accept) {
  receipt r = sample();
  r.key =
      "a\xff"
      "b";
  const auto back = decode_receipt(encode(r));
  ASSERT_TRUE(back);
  EXPECT_EQ(back->key,
            "a\xef\xbf\xbd"
            "b");
}

TEST(chain, hashes_exactly_what_is_documented) {
  fake_hasher h;
  const digest origin = chain_origin(h, {"dev", "quota/a", 42});
  bytes expected;
  cbor_writer(expected).array(4).text("hawser.v1/0").text("dev").text("quota/a").unsigned_int(42);
  EXPECT_EQ(to_hex(h.input), to_hex(expected));
  EXPECT_EQ(origin, h.sha256({expected}));

  const bytes body = encode(sample());
  const digest next = chain_next(h, origin, body);
  expected.clear();
  cbor_writer(expected).array(3).text("hawser.v1/n").byte_string(origin).raw(body);
  EXPECT_EQ(to_hex(h.input), to_hex(expected));
  EXPECT_EQ(next, h.sha256({expected}));
}

TEST(metadata, is_sorted_as_deterministic_cbor_asks) {
  const fields f = {{"usage", std::int64_t{-5}},
                    {"b", true},
                    {"a", std::string("x")},
                    {"amount", decimal{120, -2}}};
  const bytes m = encode_metadata(f);
  EXPECT_TRUE(is_metadata(m));
  EXPECT_EQ(to_hex(m),
            "a4"
            "61616178"
            "6162f5"
            "65757361676524"
            "66616d6f756e7464312e3230");
}

TEST(metadata, keeps_the_first_of_two_and_the_context_above_all) {
  const bytes m = encode_metadata(
      {{"a", std::int64_t{1}}, {"a", std::int64_t{2}}, {"context", std::int64_t{3}}}, "null");
  EXPECT_EQ(to_hex(m),
            "a2616101"
            "67636f6e74657874"
            "646e756c6c");
  EXPECT_TRUE(encode_metadata({}).empty());
}

TEST(metadata, repairs_text) {
  EXPECT_TRUE(is_metadata(encode_metadata({{"\xff", std::string("\xfe")}}, "\xfd")));
}

TEST(metadata, knows_itself) {
  EXPECT_TRUE(is_metadata(hex("a0")));
  EXPECT_FALSE(is_metadata({}));
  EXPECT_FALSE(is_metadata(hex("80")));
  EXPECT_FALSE(is_metadata(hex("a10101")));
  EXPECT_FALSE(is_metadata(hex("a000")));
  EXPECT_FALSE(is_metadata(hex("a26161016161 02")));
}

TEST(metadata, writes_decimals_exactly) {
  const std::pair<decimal, const char*> cases[] = {{{12, -1}, "1.2"},
                                                   {{120, -2}, "1.20"},
                                                   {{-5, -2}, "-0.05"},
                                                   {{5, 0}, "5"},
                                                   {{5, 3}, "5000"},
                                                   {{0, -2}, "0"},
                                                   {{-15, -2}, "-0.15"},
                                                   {{123, -3}, "0.123"},
                                                   {{15, 40}, "15e40"},
                                                   {{-1, -100}, "-1e-100"},
                                                   {{INT64_MIN, -1}, "-922337203685477580.8"}};
  for (const auto& [value, expected] : cases) EXPECT_EQ(to_text(value), expected);
}

TEST(receipt_json, is_one_line) {
  EXPECT_EQ(
      to_json(sample(), {"gw-7", "quota/t\n1", 18446744073709551615u}),
      R"({"stream":"gw-7/quota/t\n1","device":"gw-7","governor":"quota","id":"t\n1","epoch":"18446744073709551615","seq":7,)"
      R"("hlc":"115823283121553411","time":"2026-01-02T03:04:05.678Z",)"
      R"("event":"record_usage","from":"active","to":"quota_exceeded",)"
      R"("reason":"quota_exceeded","key":"k-1",)"
      R"("metadata":{"usage":12,"context":{"a":1}}})");
}

std::string metadata_json(const bytes& metadata) {
  receipt r = sample();
  r.metadata = metadata;
  const std::string json = to_json(r, {"d", "g", 1});
  const auto at = json.find("\"metadata\":") + 11;
  return json.substr(at, json.size() - at - 1);
}

TEST(receipt_json, nests_a_context_only_if_it_is_json) {
  EXPECT_EQ(metadata_json(encode_metadata({}, "[1, \"a b\",\n null]")),
            R"({"context":[1,"a b",null]})");
  EXPECT_EQ(metadata_json(encode_metadata({}, "3")), R"({"context":3})");
  for (const char* const text : {"{\"a\":", "}{", "1,\"x\":2", "tru", "\"a\nb\"", " "}) {
    bytes m = encode_metadata({}, text);
    const std::string json = metadata_json(m);
    EXPECT_EQ(json.substr(0, 12), R"({"context":")") << json;
    EXPECT_EQ(json.find('\n'), std::string::npos);
  }
}

TEST(receipt_json, keeps_the_numbers_of_a_context_as_they_were_given) {
  for (const char* const text : {"9007199254740993.0", "1e400", "-0", "1E+2", "[1.10,-1e-999]",
                                 "123456789012345678901234567890", "{\"a\":1,\"a\":2}"}) {
    EXPECT_EQ(metadata_json(encode_metadata({}, text)), "{\"context\":" + std::string(text) + "}");
  }
}

TEST(receipt_json, tells_streams_apart_that_are_written_alike) {
  const auto one = to_json(sample(), {"d", "quota/quota/x", 1});
  const auto other = to_json(sample(), {"d/quota", "quota/x", 1});
  EXPECT_TRUE(one.starts_with(
      R"({"stream":"d/quota/quota/x","device":"d","governor":"quota","id":"quota/x",)"));
  EXPECT_TRUE(other.starts_with(
      R"({"stream":"d/quota/quota/x","device":"d/quota","governor":"quota","id":"x",)"));
  EXPECT_TRUE(
      to_json(sample(), {"d", "device", 1})
          .starts_with(R"({"stream":"d/device","device":"d","governor":"device","id":"",)"));
}

TEST(receipt_json, shows_every_kind_of_metadata) {
  EXPECT_EQ(metadata_json({}), "{}");
  EXPECT_EQ(metadata_json(hex("80")), "null");
  // {"a": h'fbff00', "b": [null, false, -1, 2^64-1], "c": {1: "x", -2: {}, h'01': []}}
  EXPECT_EQ(
      metadata_json(hex("a3 6161 43fbff00 6162 84f6f4201bffffffffffffffff"
                        "6163 a3 01 6178 21 a0 4101 80")),
      R"({"a":"-_8A","b":[null,false,-1,18446744073709551615],"c":{"1":"x","-2":{},"AQ":[]}})");
}

TEST(receipt_json, writes_times_of_all_ages) {
  EXPECT_EQ(to_rfc3339(0), "1970-01-01T00:00:00.000Z");
  EXPECT_EQ(to_rfc3339(951'827'696'789), "2000-02-29T12:34:56.789Z");
  EXPECT_EQ(to_rfc3339(hlc_wall(~std::uint64_t{0})), "10889-08-02T05:31:50.655Z");
}

}  // namespace receipt_test
}  // namespace hawser
