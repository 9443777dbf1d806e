#include <hawser/io/crypto.hpp>

#include <gtest/gtest.h>

#include <array>
#include <set>
#include <string>

namespace hawser {
namespace crypto_test {

std::string hex(const digest& d) {
  constexpr char digits[] = "0123456789abcdef";
  std::string out;
  for (const std::byte b : d) {
    out += digits[std::to_integer<unsigned>(b) >> 4];
    out += digits[std::to_integer<unsigned>(b) & 15];
  }
  return out;
}

// The examples of NIST's "Secure Hash Standard" for SHA-256.
TEST(sha256, hashes_the_vectors_of_nist) {
  const auto h = make_sha256();
  EXPECT_EQ(hex(h->sha256({})), "e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855");
  EXPECT_EQ(hex(h->sha256({as_bytes("abc")})),
            "ba7816bf8f01cfea414140de5dae2223b00361a396177a9cb410ff61f20015ad");
  EXPECT_EQ(hex(h->sha256({as_bytes("abcdbcdecdefdefgefghfghighijhijkijkljklmklmnlmnomnopnopq")})),
            "248d6a61d20638b8e5c026930c3e6039a33ce45964ff2167f6ecedd419db06c1");
  const std::string million(1'000'000, 'a');
  EXPECT_EQ(hex(h->sha256({as_bytes(million)})),
            "cdc76e5c9914fb9281a1c7e284d73e67f1809a48a497200e046d39ccc7112cd0");
}

TEST(sha256, hashes_the_concatenation_of_its_parts) {
  const auto h = make_sha256();
  EXPECT_EQ(h->sha256({as_bytes("a"), {}, as_bytes("bc")}), h->sha256({as_bytes("abc")}));
}

TEST(sha256, starts_afresh_with_every_hash) {
  const auto h = make_sha256();
  const digest first = h->sha256({as_bytes("abc")});
  EXPECT_NE(h->sha256({as_bytes("abd")}), first);
  EXPECT_EQ(h->sha256({as_bytes("abc")}), first);
}

TEST(random, fills_every_byte) {
  // A byte that is never written stays 0 in all of 64 draws; by chance with 2^-512.
  std::array<std::byte, 100> seen{};
  for (int i = 0; i < 64; ++i) {
    std::array<std::byte, 100> drawn{};
    random_bytes(drawn);
    for (std::size_t n = 0; n < drawn.size(); ++n) seen[n] |= drawn[n];
  }
  for (const std::byte b : seen) EXPECT_NE(b, std::byte{0});
}

TEST(random, takes_an_empty_span) { random_bytes({}); }

TEST(random, does_not_repeat_numbers) {
  std::set<std::uint64_t> drawn;
  for (int i = 0; i < 1'000; ++i) drawn.insert(random_u64());
  EXPECT_EQ(drawn.size(), 1'000U);
}

}  // namespace crypto_test
}  // namespace hawser
