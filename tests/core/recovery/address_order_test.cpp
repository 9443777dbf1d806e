#include <hawser/core/recovery/address_order.hpp>

#include <gtest/gtest.h>

namespace address_order_test {

using hawser::address_order;
using list = std::vector<std::string>;

list sorted(const address_order& o, list all) {
  o.sort(all, [](const std::string& s) { return s; });
  return all;
}

TEST(address_order, who_failed_comes_last_and_the_latest_at_the_end) {
  address_order o;
  EXPECT_EQ(sorted(o, {"a", "b", "c"}), (list{"a", "b", "c"}));
  o.failed("a");
  EXPECT_EQ(sorted(o, {"a", "b", "c"}), (list{"b", "c", "a"}));
  o.failed("b");
  EXPECT_EQ(sorted(o, {"a", "b", "c"}), (list{"c", "a", "b"}));
  o.failed("c");
  EXPECT_EQ(sorted(o, {"a", "b", "c"}), (list{"a", "b", "c"})) << "they take turns";
  o.failed("a");
  EXPECT_EQ(sorted(o, {"a", "b", "c"}), (list{"b", "c", "a"}));
}

TEST(address_order, a_success_forgets) {
  address_order o;
  o.failed("a");
  o.worked("b");
  EXPECT_EQ(sorted(o, {"a", "b"}), (list{"b", "a"})) << "that b works says nothing of a";
  o.worked("a");
  EXPECT_TRUE(o.empty());
  EXPECT_EQ(sorted(o, {"a", "b"}), (list{"a", "b"}));
}

TEST(address_order, what_is_not_resolved_any_more_and_too_many_are_forgotten) {
  address_order o;
  for (std::size_t i = 0; i < address_order::most + 1; ++i) o.failed(std::to_string(i));
  EXPECT_EQ(sorted(o, {"1", "0", "x"}), (list{"0", "x", "1"})) << "0 was the oldest";
  EXPECT_EQ(sorted(o, {}), list{});
}

}  // namespace address_order_test
