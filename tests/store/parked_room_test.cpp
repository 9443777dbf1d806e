// A stream of which nothing is sent any more, at an edge whose outbox is small.
#include <hawser/cloud/cloud.hpp>

#include "support/edge_driver.hpp"
#include "support/sql.hpp"
#include "support/temp_folder.hpp"
#include "support/words.hpp"

namespace hawser {
namespace parked_room_test {

using test::ask;
using test::set_quota;
using test::sql;
using test::use;

// Its receipts filled the outbox, and every governor was refused for ever.
TEST(parked_room, of_a_rotten_receipt_is_taken_from_nobody_else) {
  const test::temp_folder folder;
  test::manual_clocks clocks;
  const auto log = std::make_shared<test::line_log>();
  std::string error;
  edge_options options;
  options.device = "gw-7";
  options.store = folder / "edge.db";
  options.clocks = clocks.get();
  options.log = log;
  options.limits.rows = 40;
  options.backoff_base = options.backoff_cap = std::chrono::milliseconds(20);
  {
    edge node(options);
    ASSERT_TRUE(take_words(node.start(), error)) << error;
    for (const char* id : {"a", "b"}) ASSERT_TRUE(ask(node, set_quota(id)).ok);
  }
  sql(options.store, "UPDATE outbox SET body = x'80' WHERE sid = 2 AND seq = 1");
  cloud_options c;
  c.ledger = folder / "ledger.db";
  cloud sky(c);
  const auto port = sky.start();
  ASSERT_EQ(words_of(port), "");
  options.uplink.url = "ws://127.0.0.1:" + std::to_string(*port);
  edge node(options);
  ASSERT_TRUE(take_words(node.start(), error)) << error;
  ASSERT_TRUE(log->wait_for("ALARM stream quota/b: ")) << log->all();
  answer last;
  for (int i = 0; i < 60 && last.error.empty(); ++i) last = ask(node, use("b", 1));
  EXPECT_EQ(last.error, "outbox_full");
  for (int i = 0; i < 20; ++i) EXPECT_TRUE(ask(node, use("a", 1)).ok) << i;
  EXPECT_TRUE(ask(node, set_quota("new")).ok);
}

}  // namespace parked_room_test
}  // namespace hawser
