// A wall clock that was set back, and an edge that is started again: no timer fires early.
#include <hawser/store/sqlite.hpp>

#include "support/edge_driver.hpp"
#include "support/fault_vfs.hpp"
#include "support/sql.hpp"
#include "support/temp_folder.hpp"
#include "support/words.hpp"

namespace hawser {
namespace edge_clock_test {

using std::chrono_literals::operator""min;
using test::fault_vfs;
using test::set_quota;
using test::usage_of;
using test::use;

class edge_clock : public ::testing::Test {
 protected:
  edge_clock() {
    options.device = "gw-7";
    options.store = folder / "edge.db";
    options.clocks = clocks.get();
  }
  void start() {
    node.reset();
    node = std::make_unique<edge>(options);
    node->on_transition([this](const transition& t) { windows += t.step.event == "window"; });
    ASSERT_TRUE(take_words(node->start(), error)) << error;
  }
  answer ask(governor::event e) { return test::ask(*node, std::move(e)); }
  void look() { ask(usage_of("nobody")); }
  std::string noted() {
    return test::sql(options.store, "SELECT count(*) FROM meta WHERE key = 'wall'");
  }

  test::temp_folder folder;
  test::manual_clocks clocks;
  edge_options options;
  std::string error;
  int windows = 0;  // of the writer's thread: read while it waits
  std::unique_ptr<edge> node;
};

TEST_F(edge_clock, set_back_beyond_the_last_receipt_fires_nothing_early_after_a_restart) {
  start();
  ask(set_quota("a"));
  clocks.advance(30min);
  ask(use("a"));
  clocks.leap(-24 * 60min);
  look();
  for (int restarts = 0; restarts < 2; ++restarts) {
    start();
    look();
    EXPECT_EQ(windows, 0);
    clocks.advance(10min);
    ask(use("a"));
  }
  start();
  clocks.advance(9min);
  look();
  EXPECT_EQ(windows, 0);
  clocks.advance(1min);
  look();
  EXPECT_EQ(windows, 1) << "60 minutes after it was armed";
}

TEST_F(edge_clock, set_back_costs_nothing_once_it_is_ahead_again) {
  start();
  ask(set_quota("a"));
  EXPECT_EQ(noted(), "0") << "nothing is written while the clock runs";
  clocks.leap(-120min);
  look();
  EXPECT_EQ(noted(), "1");
  start();
  clocks.advance(119min);
  ask(use("a"));
  EXPECT_EQ(noted(), "1");
  clocks.advance(2min);
  ask(use("a"));
  EXPECT_EQ(noted(), "0");
}

TEST_F(edge_clock, set_back_is_kept_where_the_group_that_would_forget_it_fails) {
  fault_vfs disk;
  options.make_store = outbox_in_sqlite(disk.name());
  start();
  ask(set_quota("a"));
  clocks.leap(-30min);
  look();
  clocks.advance(31min);
  disk.fail(fault_vfs::kind::sync, 1, SQLITE_IOERR_FSYNC);
  EXPECT_EQ(ask(use("a")).error, "store_failed");
  EXPECT_EQ(noted(), "1");
  EXPECT_TRUE(ask(use("a")).ok);
  EXPECT_EQ(noted(), "0");
  node.reset();  // before its disk
}

}  // namespace edge_clock_test
}  // namespace hawser
