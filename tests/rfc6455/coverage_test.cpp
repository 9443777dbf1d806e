// Every requirement has the cases that its line in the table promises.
#include "cases.hpp"

#include <cstdio>
#include <map>
#include <set>

namespace hawser::rfc6455 {
namespace coverage_test {

bool covered(const requirement& r, peer is) {
  side played{};
  bool any = false;
  for (const case_of& c : enrolled()) {
    if (c.requirement != r.id || c.is != is) continue;
    any = true;
    played = side(static_cast<unsigned>(played) | static_cast<unsigned>(c.ours));
  }
  // What binds one end may be shown on the other: a frame that a client must not send is a case
  // of our server. What binds both must be shown on both.
  return r.who == side::both ? played == side::both : any;
}

TEST(coverage, every_requirement_has_its_cases) {
  for (const requirement& r : requirements()) {
    if (r.how == cover::scripted || r.how == cover::observed) {
      EXPECT_TRUE(covered(r, peer::keeps)) << r.id << ": no peer keeps it (" << r.what << ")";
    }
    if (r.how == cover::scripted) {
      EXPECT_TRUE(covered(r, peer::breaks)) << r.id << ": no peer breaks it (" << r.what << ")";
    } else if (r.how != cover::observed) {
      EXPECT_FALSE(r.why.empty()) << r.id << ": no case and no reason";
    }
  }
}

TEST(coverage, every_case_is_about_a_requirement_of_the_table) {
  for (const case_of& c : enrolled()) {
    const requirement* r = find_requirement(c.requirement);
    ASSERT_NE(r, nullptr) << c.requirement << ": " << c.name;
    EXPECT_TRUE(r->how == cover::scripted || r->how == cover::observed) << r->id << ": has cases";
  }
}

TEST(coverage, every_requirement_is_listed_once) {
  std::set<std::string_view> ids;
  for (const requirement& r : requirements()) {
    EXPECT_TRUE(ids.insert(r.id).second) << r.id;
    EXPECT_FALSE(r.what.empty()) << r.id;
  }
}

TEST(coverage, says_how_many_of_how_many) {
  std::map<cover, int> count;
  for (const requirement& r : requirements()) {
    const bool kept = covered(r, peer::keeps);
    const bool shown = r.how == cover::scripted   ? kept && covered(r, peer::breaks)
                       : r.how == cover::observed ? kept
                                                  : true;
    if (shown) ++count[r.how];
  }
  std::printf(
      "RFC 6455: %d of %zu requirements covered by scripted peers, %d observed, "
      "%d by other suites, %d by construction, %d not applicable, %d not met; %zu cases\n",
      count[cover::scripted], requirements().size(), count[cover::observed],
      count[cover::elsewhere], count[cover::by_construction], count[cover::not_applicable],
      count[cover::not_met], enrolled().size());
  for (const requirement& r : requirements()) {
    if (r.how != cover::not_met) continue;
    std::printf("  not met: %.*s (%.*s)\n", static_cast<int>(r.id.size()), r.id.data(),
                static_cast<int>(r.why.size()), r.why.data());
  }
}

}  // namespace coverage_test
}  // namespace hawser::rfc6455
