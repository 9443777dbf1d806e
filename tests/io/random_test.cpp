#include "io/loop/random.hpp"

#include <gtest/gtest.h>

#include <array>
#include <cstddef>
#include <span>
#include <stdexcept>

namespace random_test {

using hawser::io::entropy_pool;

int calls = 0;

struct fails_at_first : hawser::entropy {
  void fill(std::span<std::byte> out) override {
    if (++calls == 1) throw std::runtime_error("no entropy");
    for (std::size_t i = 0; i < out.size(); ++i) out[i] = static_cast<std::byte>(calls + int(i));
  }
};

TEST(entropy_pool, gives_nothing_that_the_source_did_not) {
  calls = 0;
  entropy_pool e(std::make_shared<fails_at_first>());
  std::array<std::byte, 8> out{};
  EXPECT_THROW(e.fill(out), std::runtime_error);
  e.fill(out);
  EXPECT_EQ(calls, 2);
  EXPECT_EQ(out[0], std::byte{2});
}

TEST(entropy_pool, gives_no_byte_twice) {
  calls = 1;
  entropy_pool e(std::make_shared<fails_at_first>());
  std::array<std::byte, 8> first{};
  std::array<std::byte, 8> second{};
  e.fill(first);
  e.fill(second);
  EXPECT_EQ(calls, 2);
  EXPECT_EQ(second[0], std::byte{10});  // The ninth of the block.
  std::array<std::byte, 16 * 1024> more{};
  e.fill(more);
  EXPECT_EQ(calls, 3);
  EXPECT_EQ(more[0], std::byte{18});
  EXPECT_EQ(more[more.size() - 16], std::byte{3});  // The first of the next one.
}

}  // namespace random_test
