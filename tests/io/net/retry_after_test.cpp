#include "io/net/retry_after.hpp"

#include <gtest/gtest.h>

namespace hawser::io {
namespace retry_after_test {

using namespace std::chrono_literals;

// Sun, 06 Nov 1994 08:49:37 GMT, the example of RFC 9110 5.6.7.
const auto then = std::chrono::system_clock::from_time_t(784'111'777);

TEST(retry_after, is_seconds) {
  EXPECT_EQ(parse_retry_after("120", then), 120s);
  EXPECT_EQ(parse_retry_after(" 0 ", then), 0s);
  // Larger than any number: as good as for ever, not overflowed.
  EXPECT_GT(parse_retry_after("99999999999999999999999", then), 24h * 365);
  EXPECT_GT(parse_retry_after("18446744073709551615", then), 24h * 365);
}

TEST(retry_after, is_a_date_in_each_of_its_three_forms) {
  for (const char* date : {"Sun, 06 Nov 1994 08:49:37 GMT", "Sunday, 06-Nov-94 08:49:37 GMT",
                           "Sun Nov  6 08:49:37 1994"}) {
    EXPECT_EQ(parse_retry_after(date, then - 90s), 90s) << date;
    EXPECT_EQ(parse_retry_after(date, then), 0s) << date;
    EXPECT_EQ(parse_retry_after(date, then + 1h), 0s) << date;  // It has passed.
  }
}

TEST(retry_after, anything_else_says_nothing) {
  for (const char* wrong : {"", " ", "soon", "-5", "1.5", "12 s", "Sun, 06 Nov 1994",
                            "Sun, 06 Nov 1994 08:49:37 GMT+1"}) {
    EXPECT_FALSE(parse_retry_after(wrong, then)) << wrong;
  }
}

TEST(retry_after, is_found_among_the_headers_whatever_its_case) {
  EXPECT_EQ(retry_after({{"Server", "x"}, {"retry-after", "7"}}, then), 7s);
  EXPECT_FALSE(retry_after({{"Server", "x"}}, then));
}

}  // namespace retry_after_test
}  // namespace hawser::io
