// The small machines of an edge's groups: deadlines, the clock, who is damaged, what moved.
#include "edge/damaged_governors.hpp"
#include "edge/deadline_queue.hpp"
#include "edge/group_clock.hpp"
#include "edge/movement_queue.hpp"
#include "edge/outbox_reset.hpp"
#include "support/receipt_chain.hpp"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

namespace hawser {
namespace group_parts_test {

using namespace std::chrono_literals;

// --- deadlines

struct armed {
  std::optional<wall_ms> deadline;
};

TEST(deadline_queue, gives_the_first_and_forgets_the_disarmed) {
  deadline_queue<armed> q;
  armed a, b;
  EXPECT_TRUE(q.empty());
  q.arm(a, 20);
  q.arm(b, 10);
  EXPECT_EQ(&q.front(), &b);
  q.arm(b, 30);
  EXPECT_EQ(q.first(), 20);
  EXPECT_EQ(&q.front(), &a);
  q.arm(a, std::nullopt);
  EXPECT_EQ(&q.front(), &b);
  q.disarm(b);
  q.disarm(b);
  EXPECT_TRUE(q.empty());
}

// --- the clock

struct clocks {
  edge_clocks get() {
    return {[this] { return wall; }, [this] { return time_point(mono); }};
  }
  wall_ms wall = 1'800'000'000'000;
  duration mono = 5s;
};

TEST(group_clock, has_one_time_for_a_group_and_notices_a_leap_once) {
  clocks at;
  group_clock c(at.get());
  c.start(at.wall);
  c.mark();
  EXPECT_EQ(c.read(), 0);
  at.wall += 7;
  EXPECT_EQ(c.now(), at.wall - 7);
  at.wall += 3'600'000;
  EXPECT_EQ(c.until(c.now() + 12), 12) << "without a group nothing is noticed";
  c.mark();
  const wall_ms leap = c.read();
  EXPECT_GT(leap, 3'500'000);
  EXPECT_EQ(c.now(), at.wall);
  c.undo();
  c.mark();
  EXPECT_EQ(c.read(), leap) << "the group that noticed it failed";
  c.mark();
  EXPECT_EQ(c.read(), 0);
}

// A group may fail before it reads the clock.
TEST(group_clock, of_a_group_that_did_not_begin_goes_back_to_the_one_before) {
  clocks at;
  group_clock c(at.get());
  c.start(at.wall);
  c.mark();
  c.read();
  at.wall += 3'600'000;
  c.mark();
  EXPECT_GT(c.read(), 0);
  c.mark();
  c.undo();
  c.mark();
  EXPECT_EQ(c.read(), 0) << "that leap is on disk";
}

// --- who is damaged

TEST(damaged_governors, refuse_their_events_and_those_of_whom_they_might_be) {
  damaged_governors d;
  EXPECT_FALSE(d.refusal("quota/a", false));
  EXPECT_TRUE(d.add("quota/a", "its row"));
  EXPECT_FALSE(d.add("quota/a", "again"));
  EXPECT_EQ(d.refusal("quota/a", true), "its row");
  EXPECT_FALSE(d.refusal("quota/b", false));
  EXPECT_TRUE(d.add("", "no name"));
  EXPECT_THAT(*d.refusal("quota/b", false), ::testing::HasSubstr("it may be this one"));
  EXPECT_FALSE(d.refusal("quota/b", true)) << "it runs: it is not the nameless one";
}

// --- what moved

receipt_journal::movement movement_of(std::uint32_t sid, test::receipt_chain& chain, int count,
                                      bool born = false) {
  receipt_journal::movement m;
  m.born = born;
  m.stream.sid = sid;
  m.previous = chain.head().hash;
  m.rows = chain.next_batch(static_cast<std::size_t>(count));
  m.stream.last = chain.head();
  return m;
}
std::vector<receipt_journal::movement> one(receipt_journal::movement m) {
  std::vector<receipt_journal::movement> all;
  all.push_back(std::move(m));
  return all;
}

TEST(movement_queue, holds_each_stream_once_with_all_that_it_got) {
  movement_queue q;
  test::receipt_chain a({"gw", "quota/a", 1});
  test::receipt_chain b({"gw", "quota/b", 1});
  EXPECT_TRUE(q.add(one(movement_of(1, a, 2, true)))) << "somebody has to come";
  EXPECT_FALSE(q.add(one(movement_of(1, a, 3)))) << "somebody is on the way";
  EXPECT_FALSE(q.add(one(movement_of(2, b, 1))));
  const auto all = q.take();
  ASSERT_EQ(all.size(), 2U);
  EXPECT_TRUE(all.at(1).born);
  EXPECT_EQ(all.at(1).stream.last, a.head());
  ASSERT_EQ(all.at(1).rows.size(), 5U);
  EXPECT_EQ(all.at(1).rows.back().hash, a.head().hash);
  EXPECT_EQ(all.at(2).rows.size(), 1U);
  EXPECT_TRUE(q.take().empty());
  EXPECT_TRUE(q.add(one(movement_of(1, a, 1))));
}

TEST(movement_queue, keeps_heads_where_there_is_no_room_for_receipts) {
  movement_queue q;
  test::receipt_chain a({"gw", "quota/a", 1});
  test::receipt_chain b({"gw", "quota/b", 1});
  auto big = movement_of(1, a, 1);
  big.rows[0].body.resize(movement_queue::most_bytes);
  q.add(one(std::move(big)));
  q.add(one(movement_of(1, a, 1)));
  q.add(one(movement_of(2, b, 1)));
  auto all = q.take();
  EXPECT_EQ(all.at(1).rows.size(), 1U);
  EXPECT_EQ(all.at(1).stream.last, a.head());
  EXPECT_TRUE(all.at(2).rows.empty());
  EXPECT_EQ(all.at(2).stream.last, b.head());
  // What comes behind a hole is of no use.
  auto huge = movement_of(1, a, 1);
  huge.rows[0].body.resize(movement_queue::most_bytes - 10);
  q.add(one(movement_of(1, a, 1)));
  q.add(one(std::move(huge)));
  q.add(one(movement_of(1, a, 1)));
  all = q.take();
  EXPECT_EQ(all.at(1).stream.last, a.head());
  for (std::size_t i = 1; i < all.at(1).rows.size(); ++i) {
    EXPECT_EQ(all.at(1).rows[i].seq, all.at(1).rows[i - 1].seq + 1);
  }
}

// --- what became of the outbox before

std::string text_of(const governor::fields& f) {
  std::string out;
  for (const auto& [name, value] : f) out += name + "=" + std::get<std::string>(value) + ";";
  return out;
}

TEST(reset_of, names_every_head_that_could_be_read) {
  moved_outbox old{"/x.corrupt-1", "damaged", 7, {}};
  EXPECT_EQ(text_of(reset_of(old, "gw").receipts.at(0)), "path=/x.corrupt-1;why=damaged;epoch=7;");
  stored_stream s;
  s.key = {"gw", "quota/a", 7};
  s.last.seq = 3;
  s.last.hash.fill(std::byte{0xA5});
  old.streams = {s, s};
  const outbox_reset r = reset_of(old, "gw");
  EXPECT_EQ(r.reason, "outbox_moved_aside");
  ASSERT_EQ(r.receipts.size(), 2U);
  std::string head;
  for (int i = 0; i < 32; ++i) head += "a5";
  EXPECT_EQ(text_of(r.receipts[1]),
            "path=/x.corrupt-1;why=damaged;epoch=7;stream=gw/quota/a;seq=3;head=" + head + ";");
}

TEST(reset_of, says_that_a_store_is_lost) {
  const outbox_reset r = reset_of(lost_outbox{"/x: is gone", std::nullopt});
  EXPECT_EQ(r.reason, "new_store");
  ASSERT_EQ(r.receipts.size(), 1U);
  EXPECT_EQ(text_of(r.receipts[0]), "why=/x: is gone;");
}

}  // namespace group_parts_test
}  // namespace hawser
