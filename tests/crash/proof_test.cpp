// The proof itself: it holds for what is right, and sees each kind of wrong.
#include "crash/campaign/proof.hpp"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

namespace hawser {
namespace proof_test {

using crash::feeder;
using crash::stored_receipt;
using crash::verdict;
using ::testing::ElementsAre;
using ::testing::HasSubstr;

std::string done(std::uint64_t seq) {
  return R"({"ok":true,"state":"active","seq":)" + std::to_string(seq) + "}";
}
std::string repeated(std::uint64_t seq) {
  return R"({"ok":true,"state":"active","seq":)" + std::to_string(seq) + R"(,"repeated":true})";
}
std::string failed(const std::string& error) {
  return R"({"ok":false,"error":")" + error + R"("})";
}

class proof : public ::testing::Test {
 protected:
  // Ten events of one quota, answered, and the store that has them.
  proof() {
    crash::stored_chain chain{"gw-0", "quota/t0/api", 7, 0, 11, {{1, "start", "", -1}}};
    std::int64_t usage = 0;
    for (std::uint64_t seq = 2; seq <= 11; ++seq) {
      fed.next();
      const crash::fed_event e = fed.events()[fed.oldest()];
      fed.take(done(seq));
      usage += e.amount;
      chain.receipts.push_back({seq, e.name, e.key, e.name == "record_usage" ? usage : -1});
    }
    store.chains.push_back(std::move(chain));
  }
  verdict prove() { return crash::prove("store", store, {{"gw-0", {fed.events()}}}); }
  std::vector<stored_receipt>& receipts() { return store.chains[0].receipts; }

  feeder fed{"gw-0", 1, 1};
  crash::store_view store;
};

TEST_F(proof, holds) {
  const verdict v = prove();
  EXPECT_TRUE(v.holds()) << ::testing::PrintToString(v.findings);
}

TEST_F(proof, sees_a_lost_event) {
  receipts().pop_back();
  store.chains[0].last = 10;
  const verdict v = prove();
  EXPECT_EQ(v.lost, 1U);
  EXPECT_THAT(v.findings, ElementsAre(HasSubstr("gw-0-9 of t0/api, answered with 11")));
}

TEST_F(proof, sees_a_doubled_event) {
  receipts().push_back({12, receipts().back().event, receipts().back().key, -1});
  store.chains[0].last = 12;
  EXPECT_EQ(prove().doubled, 1U);
}

TEST_F(proof, sees_two_events_in_the_wrong_order) {
  std::swap(receipts()[4].key, receipts()[5].key);
  EXPECT_GT(prove().reordered, 0U);
}

TEST_F(proof, sees_a_hole) {
  receipts().erase(receipts().begin() + 5);
  EXPECT_GT(prove().broken, 0U);
}

TEST_F(proof, sees_a_head_without_its_receipts) {
  store.chains[0].last = 12;
  EXPECT_EQ(prove().broken, 1U);
}

TEST_F(proof, sees_a_wrong_usage) {
  receipts().back().usage += 1;
  EXPECT_EQ(prove().broken, 1U);
}

TEST_F(proof, sees_what_nobody_asked_for) {
  receipts().push_back({12, "record_usage", "", 9});
  store.chains[0].last = 12;
  EXPECT_EQ(prove().invented, 1U);
}

TEST_F(proof, sees_another_device_and_another_epoch) {
  store.chains.push_back({"gw-9", "quota/t0/api", 7, 0, 0, {}});
  store.chains.push_back({"gw-0", "quota/t0/api", 8, 0, 0, {}});
  const verdict v = prove();
  EXPECT_EQ(v.invented, 1U);
  EXPECT_EQ(v.broken, 1U);
}

TEST_F(proof, sees_what_was_answered_store_failed) {
  fed.repeats_failed = 0;
  fed.next();
  const crash::fed_event e = fed.events()[fed.oldest()];
  fed.take(failed("store_failed"));
  EXPECT_TRUE(prove().holds());
  receipts().push_back({12, e.name, e.key, e.amount + receipts().back().usage});
  store.chains[0].last = 12;
  EXPECT_EQ(prove().invented, 1U);
}

TEST_F(proof, knows_that_a_life_nobody_heard_of_may_have_done_it) {
  fed.next();
  fed.interrupted();
  EXPECT_FALSE(fed.settled());
  fed.next();
  fed.take(repeated(12));
  EXPECT_THAT(fed.surprises(), ::testing::IsEmpty());
}

TEST_F(proof, knows_that_what_is_new_cannot_be_repeated) {
  while (fed.events().size() == 10) {
    fed.next();
    if (fed.events().size() == 10) fed.take(repeated(fed.events()[fed.oldest()].seq));
  }
  fed.take(repeated(12));
  EXPECT_EQ(fed.surprises().size(), 1U);
}

TEST_F(proof, asks_again_what_is_in_doubt) {
  fed.next();
  fed.take(failed("in_doubt"));
  EXPECT_FALSE(fed.settled());
  fed.next();
  EXPECT_EQ(fed.oldest(), 10U);
  fed.take(done(12));
  EXPECT_TRUE(fed.settled());
  EXPECT_THAT(fed.surprises(), ::testing::IsEmpty());
}

}  // namespace proof_test
}  // namespace hawser
