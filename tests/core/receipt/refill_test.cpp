#include <hawser/core/receipt/refill.hpp>

#include <gtest/gtest.h>

namespace hawser {
namespace refill_test {

TEST(refill, names_a_few_streams_and_counts_the_others) {
  refill r;
  EXPECT_TRUE(r.empty());
  r.add("quota/a", 11, 25);
  EXPECT_FALSE(r.empty());
  EXPECT_EQ(r.text(), "quota/a 11 to 25");
  r.add("quota/b", 3, 3);
  EXPECT_EQ(r.text(), "quota/a 11 to 25, quota/b 3 to 3");
  for (int n = 0; n < 100'000; ++n) r.add("quota/c", 1, 2);
  EXPECT_TRUE(r.text().ends_with(" and 99994 more streams")) << r.text();
  EXPECT_LT(r.text().size(), 250U);
}

}  // namespace refill_test
}  // namespace hawser
