// What the writer of a store does about a group that fails: no thread, no disk.
#include "store/store_groups.hpp"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

namespace hawser {
namespace store_groups_test {

using ::testing::ElementsAre;
using ::testing::IsEmpty;
using list = std::vector<std::string>;

struct fake_store final : group_store {
  result<void> begin() override { return say("begin"); }
  result<void> commit() override { return say("commit"); }
  void rollback() noexcept override { (void)say("rollback"); }
  result<void> reopen() override { return say("reopen"); }
  const std::string& last_error() const noexcept override { return why; }
  std::string notice() override { return std::exchange(noticed, {}); }
  std::string alarm() override { return std::exchange(alarmed, {}); }

  result<void> say(const std::string& what) {
    did.push_back(what);
    if (what == fails) return store_errc::failed;
    return {};
  }
  list take() { return std::exchange(did, {}); }

  list did;
  std::string fails;
  std::string why = "the disk is full";
  std::string noticed;
  std::string alarmed;
};

class groups_of_a_store : public ::testing::Test {
 protected:
  list said() { return std::exchange(lines, {}); }
  void group(error_code poison = {}) {
    auto r = groups.begin();
    if (r && poison) groups.poison(poison);
    if (r) r = groups.commit();
    if (!r) groups.rollback();
    groups.settled(r ? error_code{} : r.error());
  }

  fake_store store;
  list lines;
  store_groups groups{store, "outbox", [this](log_level level, const std::string& line) {
                        lines.push_back((level == log_level::error ? "E " : "W ") + line);
                      }};
};

TEST_F(groups_of_a_store, begin_and_commit) {
  store.noticed = "it has a second name";
  store.alarmed = "it is another one";
  group();
  EXPECT_THAT(store.take(), ElementsAre("begin", "commit"));
  EXPECT_THAT(said(),
              ElementsAre("W outbox: it has a second name", "E ALARM outbox: it is another one"));
  group();
  EXPECT_THAT(said(), IsEmpty());
  EXPECT_FALSE(groups.failed());
}

TEST_F(groups_of_a_store, one_that_is_poisoned_is_not_committed) {
  group(store_errc::failed);
  EXPECT_THAT(store.take(), ElementsAre("begin", "rollback"));
  EXPECT_TRUE(groups.failed());
  EXPECT_THAT(said(),
              ElementsAre("E outbox: a group failed, nothing of it happened: the disk is full"));
  group();
  EXPECT_THAT(store.take(), ElementsAre("reopen", "begin", "commit"));
  EXPECT_FALSE(groups.poisoned());
  EXPECT_THAT(said(), ElementsAre("W outbox: works again"));
}

TEST_F(groups_of_a_store, what_stays_wrong_is_told_once_until_it_works_again) {
  for (int round = 0; round < 2; ++round) {
    store.fails = "commit";
    group();
    store.fails = "reopen";
    for (int i = 0; i < 3; ++i) group();
    EXPECT_THAT(said(), ElementsAre("E outbox: a group failed, nothing of it happened: the disk is "
                                    "full"));
    store.fails = "";
    group();
    EXPECT_THAT(said(), ElementsAre("W outbox: works again"));
  }
}

TEST_F(groups_of_a_store, one_in_doubt_says_so) {
  group(store_errc::in_doubt);
  EXPECT_THAT(said(), ElementsAre("E outbox: a group failed, and may have happened all the same: "
                                  "the disk is full"));
}

TEST_F(groups_of_a_store, are_not_gone_on_with_where_the_store_is_another) {
  bool ours = false;
  groups.accept = [&] { return ours; };
  group(store_errc::failed);
  store.take();
  group();
  EXPECT_THAT(store.take(), ElementsAre("reopen", "rollback"));
  ours = true;
  group();
  EXPECT_THAT(store.take(), ElementsAre("reopen", "begin", "commit"));
}

TEST_F(groups_of_a_store, whoever_reads_has_it_opened_anew) {
  EXPECT_TRUE(groups.mend());
  EXPECT_THAT(store.take(), IsEmpty()) << "nothing failed";
  group(store_errc::failed);
  store.take();
  EXPECT_TRUE(groups.mend());
  EXPECT_TRUE(groups.mend());
  EXPECT_THAT(store.take(), ElementsAre("reopen"));
}

}  // namespace store_groups_test
}  // namespace hawser
