// Natural group commit, a turn at a time: no thread, no store.
#include <hawser/store/group_writer.hpp>

#include "io/system/environment.hpp"

#include <gtest/gtest.h>

#include <optional>
#include <string>
#include <utility>
#include <vector>

namespace group_writer_test {

using namespace hawser;
using namespace std::chrono_literals;
using io::group_writer;
using list = std::vector<std::string>;

// Turns are taken when the test says so.
class by_hand final : public io::system_environment {
 public:
  struct hand final : io::worker {
    hand(by_hand& b, std::function<duration()> f) : of(b) { of.turn = std::move(f); }
    ~hand() override { stop(); }
    void wake() override { ++of.woken; }
    void stop() override {
      if (!of.turn) return;
      while (of.turn() <= duration::zero()) {
      }
      of.turn = nullptr;
    }
    by_hand& of;
  };
  std::unique_ptr<io::worker> make_worker(std::function<duration()> f) override {
    return std::make_unique<hand>(*this, std::move(f));
  }
  std::function<duration()> turn;
  int woken = 0;
};

struct target final : io::group_target {
  result<void> begin() override {
    said.emplace_back("begin");
    return {};
  }
  result<void> commit() override {
    if (fails) return *fails;
    said.emplace_back("commit");
    return {};
  }
  void rollback() noexcept override { said.emplace_back("rollback"); }
  void settled(error_code ec) override { said.emplace_back(ec ? "failed" : "settled"); }
  duration due_in() override { return left; }
  void due() override {
    said.emplace_back("due");
    left = 1h;
  }
  list take() { return std::exchange(said, {}); }
  list said;
  std::optional<store_errc> fails;
  duration left = duration::max();
};

class group_writers : public ::testing::Test {
 protected:
  void open(group_writer::limits l = {}) { writer.emplace(to, l, hand); }
  result<void> submit(const std::string& name, std::size_t bytes = 1) {
    group_writer::job j;
    j.apply = [this, name] { to.said.push_back(name); };
    j.done = [this, name](error_code ec) { to.said.push_back(name + (ec ? " failed" : " done")); };
    j.bytes = bytes;
    return writer->submit(std::move(j));
  }
  by_hand hand;
  target to;
  std::optional<group_writer> writer;
};

TEST_F(group_writers, writes_what_came_since_the_last_turn_as_one_group) {
  open();
  EXPECT_EQ(hand.turn(), duration::max());
  EXPECT_EQ(to.take(), list{});
  EXPECT_TRUE(submit("a"));
  EXPECT_TRUE(submit("b"));
  EXPECT_EQ(hand.woken, 1);  // The first one does.
  EXPECT_EQ(to.take(), list{});
  EXPECT_EQ(hand.turn(), duration::max());
  EXPECT_EQ(to.take(), (list{"begin", "a", "b", "commit", "settled", "a done", "b done"}));
  EXPECT_TRUE(submit("c"));
  EXPECT_EQ(hand.woken, 2);
}

TEST_F(group_writers, wants_the_next_turn_at_once_while_more_waits_than_a_group_holds) {
  open({.jobs = 2, .bytes = 100, .queued = 5});
  for (const char* name : {"a", "b", "c"}) EXPECT_TRUE(submit(name));
  EXPECT_TRUE(submit("big", 100));
  EXPECT_TRUE(submit("d"));
  EXPECT_EQ(submit("e").error(), errc::mailbox_full);
  EXPECT_EQ(hand.turn(), duration::zero());
  EXPECT_EQ(to.take(), (list{"begin", "a", "b", "commit", "settled", "a done", "b done"}));
  EXPECT_EQ(hand.turn(), duration::zero());
  EXPECT_EQ(to.take(), (list{"begin", "c", "big", "commit", "settled", "c done", "big done"}));
  EXPECT_EQ(hand.turn(), duration::max());
  EXPECT_EQ(to.take(), (list{"begin", "d", "commit", "settled", "d done"}));
}

TEST_F(group_writers, asks_for_a_turn_when_the_target_is_due) {
  open();
  to.left = 5s;
  EXPECT_EQ(hand.turn(), 5s);
  EXPECT_EQ(to.take(), list{});
  to.left = duration::zero();
  EXPECT_EQ(hand.turn(), 1h);
  EXPECT_EQ(to.take(), (list{"begin", "due", "commit", "settled"}));
}

TEST_F(group_writers, tells_every_job_of_a_group_that_failed) {
  open();
  to.fails = store_errc::failed;
  EXPECT_TRUE(submit("a"));
  EXPECT_EQ(hand.turn(), duration::max());
  EXPECT_EQ(to.take(), (list{"begin", "a", "rollback", "failed", "a failed"}));
}

TEST_F(group_writers, calls_what_comes_after_without_a_group_of_its_own) {
  open({.queued = 2});
  const auto after = [this](const std::string& name, bool bounded = true) {
    return writer->after([this, name] { to.said.push_back(name); }, 1, bounded);
  };
  EXPECT_TRUE(after("read"));
  EXPECT_EQ(hand.turn(), duration::max());
  EXPECT_EQ(to.take(), (list{"read"}));
  EXPECT_TRUE(submit("a"));
  EXPECT_TRUE(after("read"));
  EXPECT_EQ(after("more").error(), errc::mailbox_full);
  EXPECT_TRUE(after("few", false));
  EXPECT_EQ(hand.turn(), duration::max());
  EXPECT_EQ(to.take(), (list{"begin", "a", "commit", "settled", "a done", "read", "few"}));
  to.fails = store_errc::failed;
  EXPECT_TRUE(submit("b"));
  EXPECT_TRUE(after("read"));
  EXPECT_EQ(hand.turn(), duration::max());
  EXPECT_EQ(to.take(), (list{"begin", "b", "rollback", "failed", "b failed", "read"}));
  to.fails.reset();
  to.left = duration::zero();
  EXPECT_TRUE(after("read"));
  EXPECT_EQ(hand.turn(), 1h);
  EXPECT_EQ(to.take(), (list{"begin", "due", "commit", "settled", "read"})) << "a timer is due";
  writer->stop();
  EXPECT_EQ(after("late").error(), errc::stopped);
}

TEST_F(group_writers, finishes_what_was_submitted_before_stop) {
  open({.jobs = 1});
  EXPECT_TRUE(submit("a"));
  EXPECT_TRUE(submit("b"));
  to.left = 1s;
  writer->stop();
  EXPECT_EQ(to.take(), (list{"begin", "a", "commit", "settled", "a done", "begin", "b", "commit",
                             "settled", "b done"}));
  EXPECT_EQ(submit("c").error(), errc::stopped);
}

}  // namespace group_writer_test
