#include <hawser/core/receipt/wire.hpp>

#include "support/fake_hasher.hpp"
#include "support/hex.hpp"

#include <gtest/gtest.h>

#include <random>

namespace hawser::wire {
namespace wire_test {

using test::fake_chain;
using test::hex;
using test::to_hex;

digest hash_of(int n) {
  digest d;
  d.fill(static_cast<std::byte>(n));
  return d;
}

const std::vector<chained_receipt>& chain() {
  static const auto c = fake_chain({"gw", "quota/a", 1}, 3);
  return c;
}

receipts sample_receipts() {
  receipts m{1, 1, hash_of(1), {}, chain().back().hash, {}};
  for (const chained_receipt& r : chain()) m.rows.push_back(r.body);
  return m;
}

std::vector<message> samples() {
  static const bytes signature(64, std::byte{0x5a});
  receipts plain = sample_receipts(), is_signed = plain;
  is_signed.signature = signature;
  return {
      hello{1, "gw-7", 99, 65536, true, {{1, 2, hash_of(3)}, {4, 5, hash_of(6)}}, 1u << 20},
      welcome{~std::uint64_t{0}, 7, 65536, 1u << 20, 1000, 30'000, 5},
      resume{{{1, "quota/a", 42, 3, {9, hash_of(2)}}, {2, "billing/b", 42, 10, {9, hash_of(3)}}},
             {{1, 2, 3}}},
      resumed{{{1, {9, hash_of(1)}, resume_status::ok},
               {2, {0, hash_of(4)}, resume_status::new_stream}}},
      plain,
      is_signed,
      ack{{{1, 9}, {70'000, ~std::uint64_t{0}}}, 100, 200},
      nack{1, 4, nack_code::busy, 250, "the disk is slow"},
      goodbye{1012, 5000, true}};
}

bytes encoded(const message& m) {
  bytes out;
  encode(m, out);
  return out;
}

TEST(wire, writes_the_arrays_of_the_protocol) {
  EXPECT_EQ(to_hex(encoded(ack{{{1, 9}}, 0, 0})), "8406818201090000");
  EXPECT_EQ(to_hex(encoded(nack{2, 5, nack_code::gap, 0, "x"})),
            "860702050100"
            "6178");
  EXPECT_EQ(to_hex(encoded(goodbye{1001, 0, false})), "84121903e900f4");
  EXPECT_EQ(to_hex(encoded(hello{1, "d", 2, 3, false, {}, 4})),
            "86000161640283"
            "03f480"
            "04");
  EXPECT_EQ(to_hex(encoded(welcome{1, 2, 3, 4, 5, 6, 7})),
            "850101028403040506"
            "07");
  const std::string h(64, '0');
  EXPECT_EQ(to_hex(encoded(resume{{{1, "g", 2, 3, {4, {}}}}, {}})),
            "8302818601616702030458"
            "20" +
                h + "80");
  EXPECT_EQ(to_hex(encoded(resumed{{{1, {4, {}}, resume_status::fork}}})),
            "82038184010458"
            "20" +
                h + "03");
  const bytes row = chain()[0].body;
  EXPECT_EQ(to_hex(encoded(receipts{1, 1, {}, {row}, {}, {}})),
            "880501015820" + h + "010081" + to_hex(row) + "5820" + h);
}

TEST(wire, reads_back_every_message) {
  for (const message& m : samples()) {
    const bytes b = encoded(m);
    decode_error e;
    const auto back = decode(b, e);
    ASSERT_TRUE(back) << e.what << " at " << e.offset;
    EXPECT_EQ(back->index(), m.index());
    EXPECT_EQ(to_hex(encoded(*back)), to_hex(b));
  }
}

TEST(wire, fills_the_fields) {
  decode_error e;
  const bytes b = encoded(samples()[2]);
  const auto r = std::get<resume>(*decode(b, e));
  ASSERT_EQ(r.streams.size(), 2u);
  EXPECT_EQ(r.streams[1].governor, "billing/b");
  EXPECT_EQ(r.streams[1].first_unacked, 10u);
  EXPECT_EQ(r.streams[1].last, (stream_head{9, hash_of(3)}));
  EXPECT_EQ(r.subscriptions[0].offset, 3u);
  const bytes n = encoded(samples()[7]);
  const auto refused = std::get<nack>(*decode(n, e));
  EXPECT_EQ(refused.code, nack_code::busy);
  EXPECT_EQ(refused.retry_ms, 250u);
  EXPECT_EQ(refused.detail, "the disk is slow");
}

TEST(wire, receipts_are_slices_of_the_message) {
  const bytes b = encoded(samples()[5]);
  decode_error e;
  const auto m = std::get<receipts>(*decode(b, e));
  ASSERT_EQ(m.rows.size(), 3u);
  for (std::size_t i = 0; i < 3; ++i) {
    EXPECT_GE(m.rows[i].data(), b.data());
    EXPECT_LE(m.rows[i].data() + m.rows[i].size(), b.data() + b.size());
    EXPECT_EQ(to_hex(m.rows[i]), to_hex(chain()[i].body));
  }
  EXPECT_EQ(m.signature.size(), 64u);
}

TEST(wire, names_everything) {
  EXPECT_EQ(to_string(type::hello), "hello");
  EXPECT_EQ(to_string(type::sync_hash), "sync-hash");
  EXPECT_EQ(to_string(type::strings), "strings");
  EXPECT_EQ(to_string(static_cast<type>(20)), "");
  EXPECT_EQ(to_string(resume_status::new_stream), "new");
  EXPECT_EQ(to_string(nack_code::superseded), "superseded");
  EXPECT_EQ(to_string(static_cast<nack_code>(99)), "");
}

// [goodbye, 1001, 0, false, ext]
TEST(wire, even_extensions_are_ignored_and_odd_ones_refused) {
  decode_error e;
  EXPECT_TRUE(decode(hex("85121903e900f4 a0"), e));
  EXPECT_TRUE(decode(hex("85121903e900f4 a2 02 820102 04 f6"), e));
  EXPECT_FALSE(decode(hex("85121903e900f4 a2 02 00 03 00"), e));
  EXPECT_EQ(e.what, "extension not understood");
  EXPECT_EQ(e.offset, 10u);
  EXPECT_FALSE(decode(hex("85121903e900f4 a1 6161 00"), e));
  EXPECT_EQ(e.what, "expected an unsigned integer");
  EXPECT_FALSE(decode(hex("85121903e900f4 a2 04 00 02 00"), e));
  EXPECT_EQ(e.what, "map keys not unique and in bytewise order");
  // After a signature, and instead of one.
  bytes m = encoded(samples()[5]);
  m[0] = std::byte{0x8a};
  m.push_back(std::byte{0xa0});
  EXPECT_TRUE(decode(m, e));
  m = encoded(samples()[4]);
  m[0] = std::byte{0x89};
  m.push_back(std::byte{0xa0});
  EXPECT_TRUE(decode(m, e));
}

struct refusal {
  const char* name;
  std::string input;
  std::size_t offset;
  const char* what;
};

class wire_refusal : public ::testing::TestWithParam<refusal> {};

TEST_P(wire_refusal, says_what_and_where) {
  decode_error e;
  const auto r = decode(hex(GetParam().input), e);
  ASSERT_FALSE(r);
  EXPECT_EQ(r.error(), wire_errc::malformed);
  EXPECT_EQ(e.code, wire_errc::malformed);
  EXPECT_EQ(e.offset, GetParam().offset);
  EXPECT_EQ(e.what, GetParam().what);
}

const std::string h32 = "5820" + std::string(64, '0');

INSTANTIATE_TEST_SUITE_P(
    every, wire_refusal,
    ::testing::Values(
        refusal{"empty", "", 0, "truncated"}, refusal{"no_array", "12", 0, "expected an array"},
        refusal{"no_type", "80", 0, "too few fields"},
        refusal{"type_as_text", "816161", 1, "expected an unsigned integer"},
        refusal{"event", "8104", 1, "message type event is not supported"},
        refusal{"credit", "8111", 1, "message type credit is not supported"},
        refusal{"type_20", "8114", 1, "message type 20 is unknown"},
        refusal{"type_2_64", "811bffffffffffffffff", 1,
                "message type 18446744073709551615 is unknown"},
        refusal{"too_few", "83121903e900", 0, "too few fields"},
        refusal{"too_many", "86121903e900f4a0a0", 0, "too many fields"},
        refusal{"ext_no_map", "85121903e900f400", 7, "expected a map"},
        refusal{"close_code", "84121a0001000000f4", 2, "number out of range"},
        refusal{"trailing", "84121903e900f400", 7, "bytes after the end"},
        refusal{"nack_code_0", "860701000000 60", 4, "number out of range"},
        refusal{"nack_code_9", "860701000900 60", 4, "number out of range"},
        refusal{"nack_sid_0", "860700000100 60", 2, "number out of range"},
        refusal{"nack_sid_2_32", "86071b000000010000000000010060", 2, "number out of range"},
        refusal{"status_5", "8203818401 00" + h32 + "05", 40, "number out of range"},
        refusal{"short_hash", "820381840100 41 00 00", 6, "expected a hash of 32 bytes"},
        refusal{"short_entry", "8203818101", 3, "wrong number of fields"},
        refusal{"first_unacked_0", "8302818601 6167 00 00 00" + h32 + "80", 8,
                "number out of range"},
        refusal{"first_unacked_beyond", "8302818601 6167 00 02 00" + h32 + "80", 8,
                "first unacknowledged is beyond the last"},
        refusal{"no_rows", "88050101" + h32 + "00 00 80" + h32, 38, "number out of range"},
        refusal{"fewer_rows", "88050101" + h32 + "02 00 8180" + h32, 40,
                "not as many rows as announced"},
        refusal{"row_no_array", "88050101" + h32 + "01 00 8100" + h32, 41, "expected a receipt"},
        refusal{"delta_rows", "88050101" + h32 + "01 01 8180" + h32, 39,
                "unknown encoding of rows"},
        refusal{"numbers_overflow", "8805011bffffffffffffffff" + h32 + "02 00 828080" + h32, 46,
                "numbers beyond 2^64 - 1"},
        refusal{"short_signature", "89050101" + h32 + "01 00 8180" + h32 + "4100", 76,
                "expected a signature of 64 bytes"},
        refusal{"rows_of_2_64", "88050101" + h32 + "01 00 9bffffffffffffffff", 40,
                "container longer than the input"},
        refusal{"resume_of_2_64", "83029bffffffffffffffff80", 2,
                "container longer than the input"}),
    [](const auto& test) { return test.param.name; });

void expect_too_big(const message& m, const decode_limits& limits, const char* what) {
  decode_error e;
  const bytes b = encoded(m);
  ASSERT_TRUE(decode(b, e));
  const auto r = decode(b, e, limits);
  ASSERT_FALSE(r) << what;
  EXPECT_EQ(r.error(), wire_errc::too_big);
  EXPECT_EQ(e.code, wire_errc::too_big);
  EXPECT_EQ(e.what, what);
}

TEST(wire, keeps_its_limits) {
  const auto all = samples();
  expect_too_big(all[0], {.message = 20}, "message above the limit");
  expect_too_big(all[0], {.schemas = 1}, "too many entries");
  expect_too_big(all[0], {.text = 3}, "text too long");
  expect_too_big(all[2], {.streams = 1}, "too many entries");
  expect_too_big(all[2], {.subscriptions = 0}, "too many entries");
  expect_too_big(all[3], {.streams = 1}, "too many entries");
  expect_too_big(all[4], {.rows = 2}, "too many entries");
  expect_too_big(all[4], {.depth = 3}, "nested too deep");
  expect_too_big(all[6], {.streams = 1}, "too many entries");
  expect_too_big(all[7], {.text = 5}, "text too long");
}

TEST(wire, every_receipt_that_can_be_read_can_be_carried) {
  const bytes deep = hex("88011a00010000616561666174617260a16161 81818180");
  ASSERT_TRUE(decode_receipt(deep));
  decode_error e;
  EXPECT_TRUE(decode(encoded(receipts{1, 1, {}, {deep}, {}, {}}), e)) << e.what;
}

TEST(wire, refuses_every_truncation) {
  for (const message& m : samples()) {
    const bytes b = encoded(m);
    for (std::size_t n = 0; n < b.size(); ++n) {
      decode_error e;
      ASSERT_FALSE(decode(bytes_view(b).first(n), e)) << n;
      ASSERT_LE(e.offset, n);
      ASSERT_FALSE(e.what.empty());
    }
  }
}

// What is accepted has one encoding only, but for extensions that are ignored.
TEST(wire, accepts_nothing_that_would_be_written_otherwise) {
  std::mt19937_64 random(5);
  int accepted = 0;
  for (const message& m : samples()) {
    const bytes whole = encoded(m);
    for (int round = 0; round < 4000; ++round) {
      bytes input = whole;
      for (auto flips = 1 + random() % 2; flips > 0; --flips) {
        input[random() % input.size()] = static_cast<std::byte>(random() & 0xff);
      }
      decode_error e;
      const auto r = decode(input, e);
      if (!r) {
        ASSERT_LE(e.offset, input.size());
        continue;
      }
      ++accepted;
      bytes again = encoded(*r);
      if (again.size() < input.size()) {
        again[0] = static_cast<std::byte>(std::to_integer<unsigned>(again[0]) + 1);
        cbor_reader ext(bytes_view(input).subspan(again.size()));
        ASSERT_TRUE(ext.map());
        input.resize(again.size());
      }
      ASSERT_EQ(to_hex(again), to_hex(input));
    }
  }
  EXPECT_GT(accepted, 1000);
}

TEST(wire, bounds_of_size_hold) {
  bytes out;
  encode(resume{}, out);
  EXPECT_LE(out.size(), resume_overhead);
  const auto most = ~std::uint64_t{0};
  const stream_position p{0xffffffff, std::string(300, 'g'), most, most, {most, {}}};
  bytes with;
  encode(resume{{p}, {}}, with);
  EXPECT_LE(with.size(), resume_overhead + size_bound(p));
  bytes batch;
  encode(receipts{0xffffffff, most - 2, {}, std::vector<bytes_view>(3, chain()[0].body), {}, {}},
         batch);
  EXPECT_LE(batch.size(), receipts_overhead + 3 * chain()[0].body.size());
}

}  // namespace wire_test
}  // namespace hawser::wire
