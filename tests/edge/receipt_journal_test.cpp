// The receipts of a device: numbered, timed, hashed; what a group that fails leaves of them.
#include "edge/receipt_journal.hpp"

#include "support/outbox_fixture.hpp"
#include "support/words.hpp"

#include <gmock/gmock.h>

namespace hawser {
namespace receipt_journal_test {

using ::testing::ElementsAre;
using ::testing::IsEmpty;

constexpr wall_ms now = 1'800'000'000'000;

class journal : public test::outbox_fixture {
 protected:
  void load() {
    receipt_journal::listeners l;
    l.acknowledged = [this](const std::string& s, std::uint64_t seq) {
      told.push_back(s + " acknowledged " + std::to_string(seq));
    };
    l.moved = [this](std::vector<receipt_journal::movement> all) {
      for (auto& m : all) moved.push_back(std::move(m));
    };
    l.pending = [this](std::uint64_t n) { pending = n; };
    l.log = [this](log_level, const std::string& line) { told.push_back(line); };
    j.emplace(open_store(), make_sha256(), l);
    ASSERT_TRUE(take_words(j->load(), error)) << error;
  }
  std::uint32_t append(const std::string& governor, int count) {
    const auto sid = j->open(governor).value();
    for (int i = 0; i < count; ++i) {
      EXPECT_TRUE(j->append(sid, {"use", "active", "active", "used", {}}, "k", now));
    }
    // A stream has the row of its governor, or it is damaged.
    EXPECT_TRUE(j->store().save(sid, {"active", {}, {}}));
    return sid;
  }
  void settle(bool well = true) {
    const auto r = well ? j->commit(now, true) : result<void>(store_errc::failed);
    if (!r) j->groups().rollback();
    j->settled(r ? error_code{} : r.error());
    if (r) j->publish();
  }
  receipt_journal::fetched fetch(std::uint32_t sid, std::uint64_t first) {
    return j->fetch({sid, 1, first, 100, 1 << 20});
  }

  std::optional<receipt_journal> j;
  std::vector<std::string> told;
  std::vector<receipt_journal::movement> moved;
  std::uint64_t pending = 0;
};

// What goes to the uplink with the notice is what it would read.
TEST_F(journal, hands_over_the_receipts_of_each_group) {
  load();
  ASSERT_TRUE(j->begin());
  append("quota/a", 2);
  append("quota/b", 1);
  EXPECT_THAT(moved, IsEmpty()) << "nothing is on disk yet";
  settle();
  ASSERT_TRUE(j->begin());
  append("quota/a", 3);
  settle();
  ASSERT_EQ(moved.size(), 3U);
  EXPECT_TRUE(moved[0].born && moved[1].born && !moved[2].born);
  EXPECT_EQ(moved[0].stream.governor, "quota/a");
  EXPECT_EQ(moved[2].rows.size(), 3U);
  EXPECT_EQ(moved[2].stream.last, j->head(1));
  EXPECT_EQ(moved[2].previous, moved[0].rows.back().hash);
  const auto read = fetch(1, 3);
  EXPECT_EQ(read.previous, moved[2].previous);
  ASSERT_EQ(read.rows.size(), 3U);
  for (std::size_t i = 0; i < 3; ++i) {
    EXPECT_EQ(read.rows[i].hash, moved[2].rows[i].hash);
    EXPECT_EQ(read.rows[i].body, moved[2].rows[i].body);
  }
  EXPECT_EQ(pending, 6U);
  EXPECT_EQ(hlc_wall(j->last_hlc()), now);
}

TEST_F(journal, goes_back_with_a_group_that_fails) {
  load();
  ASSERT_TRUE(j->begin());
  append("quota/a", 2);
  settle();
  const stream_head head = j->head(1);
  moved.clear();
  ASSERT_TRUE(j->begin());
  append("quota/a", 2);
  append("quota/b", 1);
  settle(false);
  EXPECT_EQ(j->head(1), head);
  EXPECT_EQ(j->size(), 1U);
  EXPECT_THAT(moved, IsEmpty());
  EXPECT_EQ(pending, 2U);
  ASSERT_TRUE(j->begin());
  EXPECT_EQ(append("quota/b", 1), 2U) << "its number is free again";
  append("quota/a", 1);
  settle();
  EXPECT_EQ(j->head(1).seq, 3U);
}

TEST_F(journal, keeps_acknowledgments_until_a_group_has_them) {
  load();
  ASSERT_TRUE(j->begin());
  append("quota/a", 4);
  settle();
  ASSERT_TRUE(j->begin());
  j->acknowledge(1, 2);
  j->acknowledge(1, 1);
  j->acknowledge(9, 1);
  settle(false);
  EXPECT_TRUE(j->owes_acknowledgments());
  told.clear();
  ASSERT_TRUE(j->begin());
  settle();
  EXPECT_THAT(told, ElementsAre("outbox: works again", "gw-7/quota/a acknowledged 2"));
  EXPECT_FALSE(j->owes_acknowledgments());
  EXPECT_EQ(pending, 2U);
}

TEST_F(journal, goes_on_where_it_was_after_a_restart) {
  load();
  ASSERT_TRUE(j->begin());
  append("quota/a", 2);
  settle();
  const stream_head head = j->head(1);
  const auto hlc = j->last_hlc();
  j.reset();
  load();
  EXPECT_EQ(j->head(1), head);
  EXPECT_EQ(j->last_hlc(), hlc);
  EXPECT_EQ(j->last_wall(), now);
  EXPECT_EQ(pending, 2U);
  EXPECT_EQ(j->stream_name("quota/a"), "gw-7/quota/a");
}

TEST_F(journal, reads_without_a_group_of_its_own) {
  load();
  ASSERT_TRUE(j->begin());
  append("quota/a", 2);
  EXPECT_EQ(fetch(1, 1).rows.size(), 2U);
  settle();
  EXPECT_EQ(fetch(1, 2).rows.size(), 1U);
  EXPECT_EQ(fetch(1, 3).error, store_errc::corrupt) << "there is none";
}

}  // namespace receipt_journal_test
}  // namespace hawser
