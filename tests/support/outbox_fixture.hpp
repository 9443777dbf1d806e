// An outbox in a folder of its own, and groups in one line.
#pragma once

#include <hawser/store/sqlite.hpp>

#include "support/receipt_chain.hpp"
#include "support/temp_folder.hpp"
#include "support/words.hpp"

#include <gtest/gtest.h>

namespace hawser::test {

class outbox_fixture : public ::testing::Test {
 protected:
  opened_outbox open() {
    auto opened = take_words(outbox_in_sqlite(file_system)(options), error);
    if (!opened) throw std::runtime_error(error);
    return *std::move(opened);
  }
  std::unique_ptr<outbox> open_store() { return open().store; }

  /// The chain of that stream of the store, which must be new; with the state of its governor.
  static receipt_chain new_stream(outbox& store, const std::string& governor) {
    EXPECT_TRUE(store.begin());
    const auto record = store.open_stream(governor).value();
    if (governor != "device") {
      EXPECT_TRUE(store.save(record.sid, {"new", {}, {}}));
    }
    EXPECT_TRUE(store.commit());
    return receipt_chain({store.device(), governor, record.epoch});
  }

  /// Appends and commits `count` receipts in one group.
  static void add(outbox& store, std::uint32_t sid, receipt_chain& chain, int count,
                  wall_ms at = 1) {
    ASSERT_TRUE(store.begin());
    for (int i = 0; i < count; ++i) {
      ASSERT_TRUE(store.append(sid, chain.next(at), hlc_at(at))) << store.last_error();
    }
    ASSERT_TRUE(store.commit()) << store.last_error();
  }

  static void acknowledge(outbox& store, std::uint32_t sid, std::uint64_t seq, wall_ms now = 1) {
    ASSERT_TRUE(store.begin());
    ASSERT_TRUE(store.acknowledge(sid, seq, now)) << store.last_error();
    ASSERT_TRUE(store.commit()) << store.last_error();
  }

  /// The first and the last receipt that are kept, {0, 0} if none is.
  static std::pair<std::uint64_t, std::uint64_t> kept(outbox& store, std::uint32_t sid) {
    const auto record = store.streams().value().at(sid - 1);
    const auto rows = store.read(sid, record.base.seq + 1, SIZE_MAX, SIZE_MAX).value();
    if (rows.empty()) return {0, 0};
    EXPECT_EQ(rows.back().seq - rows.front().seq + 1, rows.size());
    return {rows.front().seq, rows.back().seq};
  }

  temp_folder folder;
  outbox_options options{.path = folder / "edge.db", .device = "gw-7"};
  std::string file_system;  // of SQLite
  std::string error;
};

}  // namespace hawser::test
