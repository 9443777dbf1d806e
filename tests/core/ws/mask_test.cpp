#include <hawser/core/ws/mask.hpp>

#include "support/frames.hpp"

#include <gtest/gtest.h>

#include <set>

namespace mask_test {

using namespace hawser::test;

constexpr std::array<unsigned char, 4> octets = {0x01, 0x80, 0xFF, 0x37};

std::uint32_t key() {
  std::uint32_t k;
  std::memcpy(&k, octets.data(), 4);
  return k;
}

// RFC 6455 section 5.3, one byte at a time.
std::string masked(std::string_view s, std::size_t phase) {
  std::string out(s);
  for (std::size_t i = 0; i < out.size(); ++i) {
    out[i] = static_cast<char>(static_cast<unsigned char>(out[i]) ^ octets[(phase + i) % 4]);
  }
  return out;
}

TEST(mask, follows_the_rule_at_every_length_phase_and_alignment) {
  for (std::size_t size = 0; size <= 40; ++size) {
    const std::string text = letters(size);
    for (std::size_t phase = 0; phase < 9; ++phase) {
      for (std::size_t shift = 0; shift < 8; ++shift) {
        std::vector<std::byte> to(shift + size + 1, std::byte{0xAA});
        hawser::mask_copy(to.data() + shift, hawser::as_bytes(text).data(), size, key(), phase);
        ASSERT_EQ(hawser::as_text({to.data() + shift, size}), masked(text, phase));
        ASSERT_EQ(to.back(), std::byte{0xAA}) << "written past the end";
      }
    }
  }
}

TEST(mask, may_be_done_in_place_and_twice_gives_the_original) {
  const std::string text = letters(1001);
  hawser::bytes b(hawser::as_bytes(text).begin(), hawser::as_bytes(text).end());
  hawser::mask_copy(b.data(), b.data(), b.size(), key());
  EXPECT_EQ(hawser::as_text(b), masked(text, 0));
  hawser::mask_copy(b.data(), b.data(), b.size(), key());
  EXPECT_EQ(hawser::as_text(b), text);
}

TEST(mask, pieces_with_their_phase_are_the_whole) {
  const std::string text = letters(100);
  for (std::size_t cut = 0; cut <= text.size(); ++cut) {
    hawser::bytes b(hawser::as_bytes(text).begin(), hawser::as_bytes(text).end());
    hawser::mask_copy(b.data(), b.data(), cut, key());
    hawser::mask_copy(b.data() + cut, b.data() + cut, b.size() - cut, key(), cut);
    ASSERT_EQ(hawser::as_text(b), masked(text, 0)) << cut;
  }
}

class counting_entropy final : public hawser::entropy {
 public:
  void fill(std::span<std::byte> out) override {
    ++calls;
    EXPECT_EQ(out.size(), 256u);
    for (std::byte& b : out) b = static_cast<std::byte>(random_());
  }
  int calls = 0;

 private:
  std::mt19937_64 random_{1};
};

TEST(mask_source, draws_many_keys_at_a_time_and_uses_each_once) {
  counting_entropy source;
  hawser::mask_source keys(source);
  EXPECT_EQ(source.calls, 0);
  std::set<std::uint32_t> seen;
  for (int i = 0; i < 64; ++i) seen.insert(keys.next());
  EXPECT_EQ(source.calls, 1);
  for (int i = 0; i < 64; ++i) seen.insert(keys.next());
  EXPECT_EQ(source.calls, 2);
  EXPECT_EQ(seen.size(), 128u);
}

}  // namespace mask_test
