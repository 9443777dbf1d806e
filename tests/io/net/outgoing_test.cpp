// What happens to a message between `send` and its frame, without a socket.
#include "io/net/outgoing.hpp"

#include <hawser/context.hpp>

#include "io/net/write_progress.hpp"
#include "support/frames.hpp"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

namespace outgoing_test {

using namespace std::chrono_literals;
using hawser::bytes_view;
using hawser::delivery;
using hawser::errc;
using hawser::lane;
using hawser::opcode;
using hawser::permit;
using hawser::send_id;
using hawser::time_point;
using hawser::io::message;
using hawser::io::outgoing;
using hawser::io::write_progress;
using ::testing::ElementsAre;
using gate = outgoing::gate;
using ids = std::vector<send_id>;

struct no_time : hawser::monotonic_clock {
  time_point now() const noexcept override { return {}; }
};

/// A link with lanes of 3 messages and 30 bytes.
struct link : hawser::io::outgoing_link {
  explicit link(bool asks = true)
      : to(hawser::role::client, {1024, {bound, bound, bound, bound}}, entropy),
        out(*this, to, counters, 2, asks, true) {}

  permit ask_sending(const message& m, bytes_view) override {
    asked.push_back(m.id);
    return answer;
  }
  void too_many_unacknowledged() override { ++exceeded; }

  void client_sends(send_id id, std::size_t size = 1, lane l = lane::bulk) {
    out.send_gated({id, opcode::text, l, hawser::buffer(size)});
  }
  void hook_sends(send_id id, std::string_view text, lane l = lane::bulk) {
    message m{id, opcode::text, l, {}};
    out.send(m, hawser::as_bytes(text));
  }
  /// The ends that are told, as "1 never_sent".
  std::vector<std::string> ends() {
    std::vector<std::string> told;
    while (const auto s = out.next_end()) {
      told.push_back(std::to_string(s->id) + " " + std::string(to_string(s->delivery)));
    }
    return told;
  }
  std::size_t queued() const { return to.queue().waiting(); }
  /// All that is written at once.
  void write() {
    for (auto spans = to.output(); !spans.empty(); spans = to.output()) {
      std::size_t n = 0;
      for (const auto s : spans) n += s.size();
      to.consume(n);
    }
  }

  static constexpr hawser::lane_limits bound{.frames = 3, .bytes = 30};
  no_time clock;
  hawser::io::traffic counters{clock};
  hawser::test::scripted_entropy entropy;
  hawser::session to;
  permit answer = permit::pass();
  std::vector<send_id> asked = {};
  int exceeded = 0;
  outgoing out;
};

TEST(outgoing, what_clients_send_waits_for_the_gate_and_hooks_do_not) {
  link l;
  l.client_sends(1);
  l.hook_sends(2, "hello");
  EXPECT_THAT(l.asked, ElementsAre(2));
  EXPECT_EQ(l.out.waiting(), 1u);
  l.out.set_gate(gate::opening);
  EXPECT_TRUE(l.out.opening());
  l.hook_sends(4, "what on_ready sends is ahead");
  l.out.open();
  l.client_sends(3);
  EXPECT_THAT(l.asked, ElementsAre(2, 4, 1, 3));
  EXPECT_EQ(l.out.waiting(), 0u);
  EXPECT_EQ(l.counters.sent.get(), 4u);
}

TEST(outgoing, what_is_held_keeps_its_lane_in_order) {
  link l;
  l.out.set_gate(gate::open);
  l.answer = permit::hold_until(time_point(5s));
  l.client_sends(1);
  l.answer = permit::pass();
  l.client_sends(3);
  l.client_sends(5, 1, lane::control);
  EXPECT_THAT(l.asked, ElementsAre(1, 5)) << "another lane does not wait";
  EXPECT_EQ(l.out.next(), time_point(5s));
  l.out.release_held(time_point(4s));
  EXPECT_EQ(l.out.waiting(), 2u);
  l.answer = permit::refuse(errc::refused_by_hook);
  l.out.release_held(time_point(5s));
  EXPECT_THAT(l.ends(), ElementsAre("1 never_sent", "3 never_sent"));
  EXPECT_EQ(l.out.waiting(), 0u);
  EXPECT_EQ(l.counters.refused.get(), 2u);
}

// Wherever a message waits, it counts against the one bound of its lane, which hooks are told of at
// once (context::send).
TEST(outgoing, a_lane_is_bounded_once) {
  const auto full = [](link& l) {
    hawser::effects fx;
    const hawser::link_state state{.open = true, .queue = &l.to.queue()};
    hawser::context c(fx, state, {});
    EXPECT_EQ(c.send("x").error(), errc::queue_full);
    EXPECT_TRUE(c.send("x", lane::control));
    EXPECT_FALSE(l.out.fits(lane::bulk, 1));
    EXPECT_TRUE(l.out.fits(lane::bulk, 31)) << "it never does, and is refused";
    EXPECT_EQ(l.out.load(lane::bulk).messages, 3u);
    l.client_sends(99);
    EXPECT_THAT(l.ends(), ElementsAre("99 never_sent"));
  };
  link gated;
  for (const send_id id : ids{1, 3, 5}) gated.client_sends(id);
  full(gated);
  gated.out.set_gate(gate::open);
  gated.out.open();
  EXPECT_TRUE(gated.out.fits(lane::bulk, 30)) << "it is framed";

  link held;
  held.out.set_gate(gate::open);
  held.answer = permit::hold_until(time_point(5s));
  for (const send_id id : ids{1, 3, 5}) held.client_sends(id);
  full(held);
  held.answer = permit::pass();
  held.out.release_held(time_point(5s));
  EXPECT_EQ(held.out.waiting(), 0u);

  link mixed;  // One waits in the queue, one is held, one waits for a turn.
  mixed.to.ping({});
  mixed.out.set_gate(gate::open);
  ASSERT_TRUE(mixed.to.reserve(lane::bulk, 1));
  mixed.answer = permit::hold_until(time_point(5s));
  mixed.client_sends(1);
  mixed.out.set_gate(gate::turn);
  mixed.client_sends(3);
  full(mixed);
}

TEST(outgoing, bytes_are_bounded_as_messages_are) {
  link l;
  l.client_sends(1, 20);
  l.client_sends(3, 11);
  EXPECT_THAT(l.ends(), ElementsAre("3 never_sent"));
  l.client_sends(5, 10);
  EXPECT_EQ(l.out.load(lane::bulk).bytes, 30u);
  l.out.set_gate(gate::open);
  l.out.open();
  EXPECT_EQ(l.out.load(lane::bulk).bytes, 0u);
}

TEST(outgoing, a_successor_takes_all_but_the_control_lane_and_gives_it_back) {
  link before;
  link after;
  before.out.set_gate(gate::open);
  before.answer = permit::hold_until(time_point(5s));
  before.client_sends(1);
  before.answer = permit::pass();
  after.out.set_gate(gate::turn);
  before.out.hand_over(after.out);
  before.hook_sends(2, "passed on");
  before.hook_sends(4, "stays", lane::control);
  EXPECT_EQ(before.out.waiting(), 0u);
  EXPECT_EQ(after.out.waiting(), 2u) << "its turn has not come";
  EXPECT_EQ(after.out.load(lane::bulk).messages, 2u);
  before.out.regain(after.out);
  EXPECT_EQ(after.out.waiting(), 0u);
  EXPECT_EQ(after.out.load(lane::bulk).messages, 0u);
  EXPECT_THAT(before.asked, ElementsAre(1, 4, 1, 2)) << "in their order";
  EXPECT_THAT(after.asked, ElementsAre());
  before.write();
  EXPECT_THAT(before.ends(), ElementsAre("4 maybe_sent", "1 maybe_sent", "2 maybe_sent"));
}

TEST(outgoing, an_acknowledgment_is_awaited_wherever_the_message_is) {
  link before;
  link after;
  before.out.set_gate(gate::open);
  after.out.set_gate(gate::turn);
  before.out.hand_over(after.out);
  before.hook_sends(2, "x");
  before.out.await_ack(2);
  after.out.set_gate(gate::open);
  after.out.open();
  after.write();
  EXPECT_THAT(after.ends(), ElementsAre());
  after.out.acked(2);
  EXPECT_THAT(after.ends(), ElementsAre("2 acked"));
  for (const send_id id : ids{4, 6, 8}) {
    after.hook_sends(id, "x");
    after.out.await_ack(id);
  }
  EXPECT_EQ(after.exceeded, 1);
}

TEST(outgoing, the_end_counts_what_was_never_framed) {
  link l;
  l.client_sends(1);
  l.out.set_gate(gate::open);
  l.answer = permit::hold_until(time_point(5s));
  l.client_sends(3);
  EXPECT_EQ(l.out.end(errc::dropped), 2u);
  EXPECT_THAT(l.ends(), ElementsAre("1 never_sent", "3 never_sent"));
  l.out.set_gate(gate::opening);
  EXPECT_FALSE(l.out.opening()) << "it is over";
  l.client_sends(5);
  EXPECT_THAT(l.ends(), ElementsAre("5 never_sent"));
}

TEST(outgoing, a_long_queue_is_told_once_until_half_of_it_is_gone) {
  link l;
  const auto wait = [&](send_id id, lane at) { l.client_sends(id, 1, at); };
  for (const send_id id : ids{1, 3}) wait(id, lane::bulk);
  EXPECT_FALSE(l.out.became_long(2));
  wait(5, lane::bulk);
  EXPECT_EQ(l.out.became_long(2), 3u);
  wait(7, lane::governor);
  EXPECT_FALSE(l.out.became_long(2));
  l.out.set_gate(gate::open);
  l.out.open();
  EXPECT_FALSE(l.out.became_long(2));
  l.out.set_gate(gate::turn);
  for (const send_id id : ids{9, 11, 13}) wait(id, lane::bulk);
  EXPECT_EQ(l.out.became_long(2), 3u);
}

TEST(write_progress, has_time_as_long_as_it_is_blocked) {
  write_progress w;
  EXPECT_TRUE(w.free());
  w.block(time_point(5s));
  EXPECT_FALSE(w.free());
  EXPECT_EQ(w.deadline(), time_point(5s));
  w.unblock();
  EXPECT_TRUE(w.free());
  EXPECT_EQ(w.deadline(), time_point(5s)) << "until it has taken all";
  w.drain();
  EXPECT_EQ(w.deadline(), hawser::never);
}

TEST(write_progress, a_failure_is_final) {
  write_progress w;
  w.fail(errc::dropped, time_point(5s));
  w.unblock();
  EXPECT_TRUE(w.failed() && !w.free());
  EXPECT_EQ(w.error(), errc::dropped);
  EXPECT_EQ(w.deadline(), time_point(5s));
  write_progress done;
  done.shut();
  done.unblock();
  EXPECT_FALSE(done.free() || done.failed());
}

}  // namespace outgoing_test
