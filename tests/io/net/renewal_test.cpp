// New credentials for an open link, without the link.
#include "io/net/renewal.hpp"

#include <gtest/gtest.h>

namespace renewal_test {

using namespace std::chrono_literals;
using hawser::header;
using hawser::never;
using hawser::sent_secrets;
using hawser::time_point;
using hawser::io::renewal;

constexpr time_point start{100s};

std::string shown(const renewal& r, std::string_view said) {
  sent_secrets s;
  r.hide_in(s);
  return s.mask(said);
}

TEST(renewal, is_answered_once_and_in_time) {
  renewal r;
  EXPECT_EQ(r.deadline(), never);
  EXPECT_FALSE(r.finish(0)) << "nobody asked";
  const auto n = r.begin(7, "wss://h", start);
  EXPECT_EQ(r.link(), 7u);
  EXPECT_EQ(r.request().endpoint, "wss://h");
  EXPECT_EQ(r.deadline(), start);
  EXPECT_TRUE(r.finish(n));
  EXPECT_EQ(r.deadline(), never);
  EXPECT_FALSE(r.finish(n));
}

TEST(renewal, a_later_request_takes_the_place_of_an_earlier_one) {
  renewal r;
  const auto first = r.begin(7, "wss://h", start);
  const auto second = r.begin(7, "wss://h", start);
  EXPECT_FALSE(r.finish(first));
  EXPECT_TRUE(r.finish(second));
}

TEST(renewal, grants_what_the_plug_in_set_and_what_its_ticket_brought) {
  renewal r;
  (void)r.begin(7, "wss://h", start);
  r.request().headers.push_back({"X-Device", "d1"});
  const auto& all = r.grant({{"Authorization", "Bearer token-of-today"}});
  ASSERT_EQ(all.size(), 2u);
  EXPECT_EQ(all[1].value, "Bearer token-of-today");
}

// A peer may echo what it was shown.
TEST(renewal, hides_what_the_link_was_shown_and_nothing_of_another) {
  renewal r;
  const std::string said = "you sent token-of-yesterday, then token-of-today-2";
  EXPECT_EQ(shown(r, said), said);
  (void)r.begin(7, "wss://h", start);
  (void)r.grant({{"Authorization", "Bearer token-of-yesterday"}});
  EXPECT_EQ(shown(r, said).find("yesterday"), std::string::npos);
  (void)r.begin(7, "wss://h", start);
  EXPECT_EQ(shown(r, said).find("yesterday"), std::string::npos) << "it may be in use yet";
  (void)r.begin(7, "wss://h", start);
  EXPECT_EQ(shown(r, said).find("yesterday"), std::string::npos) << "one that was not answered";
  (void)r.grant({{"Authorization", "Bearer token-of-today-2"}});
  EXPECT_EQ(shown(r, said).find("today"), std::string::npos);
  (void)r.begin(8, "wss://h", start);
  EXPECT_EQ(shown(r, said), said) << "another link";
}

}  // namespace renewal_test
