// Whatever happens to a client in whatever order, its promises hold.
#include <hawser/caller.hpp>
#include <hawser/testkit.hpp>

#include <gtest/gtest.h>

#include <map>
#include <random>
#include <set>
#include <string>
#include <vector>

namespace wander_test {

using namespace hawser;
using namespace std::chrono_literals;

// Does what chance says at each event, and keeps the books.
struct wanderer : adapter<wanderer, on::open, on::ready, on::message, on::sending, on::settled,
                          on::drop, on::error, on::stopped>,
                  caller<wanderer, std::string, std::string> {
  std::mt19937 random{1};
  std::set<send_id> taken = {};
  std::map<send_id, int> ends = {};
  std::set<std::uint64_t> open = {};
  std::set<std::uint64_t> ready = {};
  std::vector<std::string> wrong = {};
  std::vector<call_id> asked = {};
  bool stopped = false;

  unsigned dice(unsigned n) { return static_cast<unsigned>(random() % n); }
  void expect(bool good, const char* what) {
    if (!good) wrong.emplace_back(what);
  }
  result<send_id> send(context& c, std::string_view text) {
    const auto r = c.send(text, dice(4) == 0 ? lane::control : lane::bulk);
    if (r) taken.insert(*r);
    if (r && dice(4) == 0) c.await_ack(*r);
    return r;
  }
  void act(context& c) {
    switch (dice(12)) {
      case 0:
        return c.close();
      case 1:
        return c.fail(errc::unavailable, "chance");
      case 2:
        return c.recycle();
      case 3: {
        auto p = call(c, "?", {.deadline = 20s, .idempotent = dice(2) == 0});
        if (dice(2) == 0) (void)std::move(p).then([](context&, const call_result<std::string>&) {});
        return;
      }
      default:
        (void)send(c, "!");
    }
  }
  result<send_id> on_call(context& c, call_id id, const std::string& q) {
    asked.push_back(id);
    return send(c, q);
  }
  void on_open(context& c, const open_info& o) {
    expect(!stopped && open.insert(o.link).second, "open");
    expect(open.size() <= 2, "three links");
    if (dice(3) == 0) c.begin_login();
    if (dice(8) == 0) act(c);
  }
  void on_ready(context& c, const ready_info& r) {
    expect(!stopped && open.contains(r.link) && ready.insert(r.link).second, "ready");
    if (dice(8) == 0) act(c);
  }
  verdict on_message(context& c, const inbound& m) {
    expect(!stopped && open.contains(m.link), "message");
    if (m.text() == "welcome") c.set_ready();
    if (!asked.empty() && dice(2) == 0) reply(c, asked[dice(unsigned(asked.size()))], "yes");
    if (!taken.empty() && dice(4) == 0) c.acked(*taken.rbegin());
    if (dice(3) == 0) act(c);
    return handled;
  }
  permit on_sending(context& c, const outbound& m) {
    expect(!stopped && m.data.size() == 1, "sending");
    const unsigned d = dice(20);
    return d == 0 ? permit::refuse({}) : d == 1 ? permit::hold_until(c.now() + 1s) : permit::pass();
  }
  void on_settled(context& c, const settled_info& s) {
    expect(!stopped && ++ends[s.id] == 1, "settled");
    if (dice(20) == 0) act(c);
  }
  void on_drop(context& c, const drop_info& d) {
    expect(!stopped && open.erase(d.link) == 1, "drop");
    if (dice(8) == 0) act(c);
  }
  reaction on_error(context&, const failure& f) {
    expect(!stopped && (f.successor || open.size() < 2), "error");
    return dice(30) == 0 ? reaction::pass() : reaction::retry_after(dice(3) * 1s);
  }
  void on_stopped(context&, const stop_info&) {
    expect(!stopped && open.empty(), "stopped");
    stopped = true;
  }
};
using kit = testkit::harness<wanderer>;

void step(kit& h, std::vector<pending<std::string>>& calls) {
  wanderer& a = h.adapter();
  const auto link = a.dice(3) == 0 ? 0 : h.client().snapshot().links - a.dice(2);
  switch (a.dice(14)) {
    case 0:
      h.drop(errc::dropped, link);
      break;
    case 1:
      h.peer_closes(close_code::going_away, "", link);
      break;
    case 2:
      h.peer_sleeps(a.dice(2) == 0, link);
      break;
    case 3:
      h.block_writes(a.dice(2) == 0, link);
      break;
    case 4:
      h.advance(a.dice(7) * 1s);
      break;
    case 5:
      h.refuse(503);
      break;
    case 6:
      if (const auto r = h.client().send("x")) a.taken.insert(*r);
      break;
    case 7:
      calls.push_back(h.client().call("?", {.deadline = 20s, .idempotent = a.dice(2) == 0}));
      break;
    case 8:
      (void)h.client().recycle();
      break;
    case 9:
      (void)h.client().submit([](wanderer& w, context& c) { w.act(c); });
      break;
    case 10:
      if (a.dice(10) == 0) h.client().stop();
      break;
    default:
      h.peer_sends(a.dice(3) == 0 ? "welcome" : "hello", link);
  }
}

TEST(wander, whatever_happens_the_promises_hold) {
  for (unsigned seed = 0; seed < 400; ++seed) {
    options o = kit::defaults();
    o.limits.lanes.fill({.frames = 5, .bytes = 1000});
    kit h(o, wanderer{});
    h.adapter().random.seed(seed);
    std::vector<pending<std::string>> calls;
    h.connect();
    for (int i = 0; i < 80 && !h.end(); ++i) step(h, calls);
    h.stop();
    h.advance(30s);
    wanderer& a = h.adapter();
    ASSERT_TRUE(h.end()) << seed;
    EXPECT_TRUE(a.stopped) << seed;
    for (const std::string& what : a.wrong) EXPECT_TRUE(what.empty()) << seed << ": " << what;
    for (auto& p : calls) EXPECT_TRUE(p.ready()) << seed;
    EXPECT_EQ(a.pending_calls(), 0u) << seed;
    for (const send_id id : a.taken) EXPECT_EQ(a.ends[id], 1) << seed << " id " << id;
    if (::testing::Test::HasFailure()) return;
  }
}

}  // namespace wander_test
