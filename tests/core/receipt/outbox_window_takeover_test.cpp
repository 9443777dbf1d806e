// What becomes of streams that another link of the device has taken over.
#include <hawser/core/receipt/outbox_window.hpp>

#include "support/window_fixture.hpp"

#include <chrono>

namespace hawser {
namespace outbox_window_takeover_test {

using namespace std::chrono_literals;
using test::start;
using ::testing::ElementsAre;
using ::testing::IsEmpty;
using wire::nack_code;
using wire::resume_status;

using takeover_window = test::window_fixture;

TEST_F(takeover_window, a_superseded_stream_is_resumed_again_on_the_same_link) {
  six_in_flight(8);
  EXPECT_THAT(nack(1, 1, nack_code::superseded), ElementsAre("superseded g1"));
  EXPECT_EQ(w.in_flight_rows(), 0u);
  EXPECT_FALSE(w.parked(1));
  const time_point due = w.next_wake();
  EXPECT_GE(due, start);
  EXPECT_LE(due, start + 1s);
  EXPECT_THAT(committed(1, 9), IsEmpty()) << "nothing is sent before the resume";
  EXPECT_THAT(woke(due - 1ns), IsEmpty());
  EXPECT_THAT(woke(due), ElementsAre("resume 1:g1:1-9"));
  EXPECT_EQ(w.next_wake(), never);
  EXPECT_THAT(resumed(1, 4), ElementsAre("fetch 1 #4 from 5 rows 2"));
  EXPECT_THAT(rows(1, 4, 5, 6),
              ElementsAre("acknowledge 1 4", "send 1 5-6", "fetch 1 #5 from 7 rows 2"));
}

// The other link was there for half a second, and no event came: the first one that does is sent.
TEST_F(takeover_window, an_idle_stream_is_found_superseded_by_its_next_event_and_goes_on) {
  add(stream(1, 2));
  opened();
  resumed(1, 2);
  EXPECT_THAT(committed(1, 3), ElementsAre("fetch 1 #1 from 3 rows 1"));
  rows(1, 1, 3, 3);
  EXPECT_THAT(nack(1, 3, nack_code::superseded), ElementsAre("superseded g1"));
  EXPECT_THAT(woke(w.next_wake()), ElementsAre("resume 1:g1:3-3"));
  EXPECT_THAT(resumed(1, 2), ElementsAre("fetch 1 #2 from 3 rows 1"));
  EXPECT_THAT(rows(1, 2, 3, 3), ElementsAre("send 1 3-3"));
  EXPECT_THAT(ack(1, 3), ElementsAre("acknowledge 1 3"));
}

TEST_F(takeover_window, what_was_sent_before_is_answered_late_and_ignored) {
  six_in_flight();
  nack(1, 3, nack_code::superseded);
  EXPECT_THAT(nack(1, 5, nack_code::superseded), IsEmpty()) << "told once";
  EXPECT_THAT(ack(1, 2), IsEmpty());
  woke(w.next_wake());
  EXPECT_THAT(ack(1, 2), IsEmpty()) << "its commit took long; resumed() says all of it";
  EXPECT_THAT(nack(1, 1, nack_code::busy), IsEmpty());
  EXPECT_THAT(nack(1, 5, nack_code::superseded), IsEmpty());
  EXPECT_THAT(resumed(1, 6), ElementsAre("acknowledge 1 6"));
  EXPECT_THAT(resumed(1, 6), ElementsAre("error")) << "asked once";
}

TEST_F(takeover_window, all_streams_share_one_pause_and_one_resume) {
  add(stream(1, 1));
  add(stream(2, 1));
  add(stream(3, 1));
  opened();
  for (std::uint32_t sid = 1; sid <= 3; ++sid) {
    resumed(sid, 0, resume_status::new_stream);
    rows(sid, sid, 1, 1);
  }
  EXPECT_THAT(nack(1, 1, nack_code::superseded), ElementsAre("superseded g1"));
  EXPECT_THAT(nack(2, 1, nack_code::superseded), IsEmpty());
  EXPECT_THAT(ack(3, 1), ElementsAre("acknowledge 3 1")) << "what is not taken goes on";
  EXPECT_THAT(woke(w.next_wake()), ElementsAre("resume 1:g1:1-1 2:g2:1-1"));
}

TEST_F(takeover_window, a_new_link_resumes_at_once) {
  six_in_flight();
  nack(1, 1, nack_code::superseded);
  w.dropped();
  EXPECT_EQ(w.next_wake(), never);
  EXPECT_THAT(opened(), ElementsAre("resume 1:g1:1-6"));
  EXPECT_EQ(w.next_wake(), never);
}

// Nothing of it is kept there: what it would send is refused too.
TEST_F(takeover_window, a_refused_resume_parks_its_stream_until_the_next_link) {
  add(stream(1, 2));
  add(stream(2, 2));
  opened();
  EXPECT_THAT(nack(1, 1, nack_code::too_big, 0, "more than 1 streams"),
              ElementsAre("alarm 1 its resume was refused: too_big: more than 1 streams"));
  EXPECT_TRUE(w.parked(1));
  EXPECT_THAT(committed(1, 3), IsEmpty());
  EXPECT_THAT(resumed(2, 0, resume_status::new_stream), ElementsAre("fetch 2 #1 from 1 rows 2"));
  EXPECT_THAT(resumed(1, 0), ElementsAre("error"));
  EXPECT_THAT(nack(1, 1, nack_code::too_big), IsEmpty());
  EXPECT_THAT(opened(), ElementsAre("resume 1:g1:1-3 2:g2:1-2"));
  EXPECT_THAT(nack(2, 1, nack_code::corrupt), ElementsAre("error")) << "nothing was sent";
}

TEST_F(takeover_window, a_ledger_that_has_less_than_it_acknowledged_is_told) {
  add(stream(1, 9, 7, 2));
  add(stream(2, 9, 7));
  opened();
  EXPECT_THAT(resumed(1, 4), ElementsAre("lost by the ledger g1:5-7", "fetch 1 #1 from 5 rows 2"));
  EXPECT_THAT(resumed(2, 7), ElementsAre("fetch 2 #2 from 8 rows 2"));
  opened();
  EXPECT_THAT(
      resumed(1, 1),
      ElementsAre("alarm 1 history lost: the ledger ends at 1, the oldest receipt kept is 3"));
  EXPECT_THAT(resumed(2, 0, resume_status::new_stream),
              ElementsAre("lost by the ledger g2:1-7", "fetch 2 #3 from 1 rows 2"));
}

TEST(takeover, pauses_double_while_they_follow_each_other_and_begin_afresh_after_quiet) {
  takeover t(1s, 60s, 7);
  time_point now = start;
  for (int n = 0; n < 12; ++n) {
    const auto pause = t.begin(now);
    ASSERT_TRUE(pause);
    EXPECT_FALSE(t.begin(now + *pause / 2)) << "one at a time";
    const duration most = std::min<duration>(60s, 1s * (1 << n));
    EXPECT_LE(*pause, most) << n;
    EXPECT_GE(*pause, n == 0 ? 0s : most / 2) << n;
    EXPECT_EQ(t.due(), now + *pause);
    now = t.due();
    t.end(now);
    EXPECT_EQ(t.due(), never);
    now += 119s;
  }
  now += 2s;
  EXPECT_LE(t.begin(now).value(), 1s);
}

// Two edges of one name and one history, of which each has a receipt every second: what a cloud
// sees of them.
class two_of_one_name {
 public:
  two_of_one_name() {
    fake_hasher h;
    const stream_key key{"gw", "g1", 7};
    origin_ = {0, chain_origin(h, key)};
    chain_ = test::fake_chain(key, seconds);
    for (edge& e : edges_) {
      window_effects none;
      e.window.add({1, "g1", 7, origin_, 0, origin_}, none);
      e.window.opened(none);
    }
  }
  void run() {
    for (std::uint64_t n = 1; n <= seconds; ++n) {
      const time_point until = start + std::chrono::seconds(n);
      while (wake_before(until)) {
      }
      for (edge& e : edges_) {
        window_effects fx;
        e.window.committed(1, {n, chain_[n - 1].hash}, fx);
        carry_out(e, std::move(fx), until);
      }
    }
  }
  static constexpr std::uint64_t seconds = 3600;
  std::size_t resumes = 0, refused = 0;
  std::array<std::size_t, 2> told{}, taken{};
  std::uint64_t committed = 0;

 private:
  using fake_hasher = test::fake_hasher;
  struct edge {
    std::size_t number;
    outbox_window window;
  };

  bool wake_before(time_point until) {
    edge& next = edges_[edges_[0].window.next_wake() <= edges_[1].window.next_wake() ? 0 : 1];
    const time_point t = next.window.next_wake();
    if (t > until) return false;
    window_effects fx;
    next.window.woke(t, fx);
    carry_out(next, std::move(fx), t);
    return true;
  }
  stream_head head(std::uint64_t seq) const {
    return seq == 0 ? origin_ : stream_head{seq, chain_[seq - 1].hash};
  }
  // The store and the cloud answer at once.
  void carry_out(edge& e, window_effects fx, time_point now) {
    for (auto& one : fx) {
      window_effects more;
      if (const auto* f = std::get_if<window_effect::fetch>(&one)) {
        const auto last = std::min<std::uint64_t>(f->first + f->max_rows - 1, known(now));
        e.window.rows(1, f->generation, head(f->first - 1).hash,
                      {chain_.begin() + static_cast<long>(f->first - 1),
                       chain_.begin() + static_cast<long>(last)},
                      more);
      } else if (const auto* s = std::get_if<window_effect::send>(&one)) {
        if (owner_ == e.number) {
          committed = std::max(committed, s->last);
          ++taken[e.number];
          ASSERT_TRUE(e.window.ack(1, committed, more));
        } else {
          ++refused;
          ASSERT_TRUE(e.window.nack({1, s->first, nack_code::superseded, 0, ""}, now, more));
        }
      } else if (std::holds_alternative<window_effect::resume>(one)) {
        ++resumes;
        owner_ = e.number;
        ASSERT_TRUE(e.window.resumed({1, head(committed), resume_status::ok}, more));
      } else if (std::holds_alternative<window_effect::superseded>(one)) {
        ++told[e.number];
      } else {
        ASSERT_FALSE(std::holds_alternative<window_effect::alarm>(one));
      }
      carry_out(e, std::move(more), now);
    }
  }
  static std::uint64_t known(time_point now) {
    return static_cast<std::uint64_t>(
        std::chrono::duration_cast<std::chrono::seconds>(now - start).count());
  }

  stream_head origin_;
  std::vector<chained_receipt> chain_;
  std::array<edge, 2> edges_{edge{0, outbox_window({.seed = 1})},
                             edge{1, outbox_window({.seed = 2})}};
  std::size_t owner_ = 0;
};

TEST(takeover, two_edges_of_one_name_do_not_melt_the_cloud) {
  two_of_one_name f;
  f.run();
  ::testing::Test::RecordProperty("resumes", static_cast<int>(f.resumes));
  // A pause is 30 to 60 s once they know each other.
  EXPECT_LE(f.resumes, 2 * (3600u / 30 + 8));
  EXPECT_LE(f.refused, f.resumes);
  for (const std::size_t n : {0u, 1u}) {
    EXPECT_GT(f.taken[n], 600u) << "neither is shut out";
    EXPECT_LE(f.told[n], 3600u / 30 + 8);
    EXPECT_GT(f.told[n], 30u);
  }
  EXPECT_EQ(f.committed, 3600u);
}

}  // namespace outbox_window_takeover_test
}  // namespace hawser
