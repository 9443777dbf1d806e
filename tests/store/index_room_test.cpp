// The index of a log has its blocks on the disk before it is used: a full disk would end the
// process by SIGBUS.
#include "support/fault_vfs.hpp"
#include "support/outbox_fixture.hpp"
#include "support/sql.hpp"
#include "support/words.hpp"

#include <sys/stat.h>

namespace hawser {
namespace index_room_test {

namespace fs = std::filesystem;
using test::fault_vfs;
using test::receipt_chain;

class index_room : public test::outbox_fixture {
 protected:
  index_room() {
    file_system = disk.name();
    disk.watch = [this](const fault_vfs::operation& o) {
      if (o.what != fault_vfs::kind::map) return;
      struct stat s {};
      const auto end = o.offset + o.size;
      const bool there = ::stat(o.file.c_str(), &s) == 0 && s.st_size >= end;
      reserved += there && s.st_blocks * 512 >= end ? 1 : 0;
      ++mapped;
    };
  }

  fault_vfs disk;
  int mapped = 0;
  int reserved = 0;
};

TEST_F(index_room, of_an_outbox_is_reserved_region_by_region_before_it_is_mapped) {
  const auto store = open_store();
  EXPECT_EQ(mapped, 1);
  receipt_chain chain = new_stream(*store, "quota/a");
  // While somebody reads, the log is not begun anew, and grows beyond the frames of one region.
  sqlite3* opened = nullptr;
  ASSERT_EQ(sqlite3_open(options.path.c_str(), &opened), SQLITE_OK);
  const std::unique_ptr<sqlite3, decltype(&sqlite3_close)> reader(opened, sqlite3_close);
  ASSERT_EQ(sqlite3_exec(opened, "BEGIN; SELECT * FROM stream", nullptr, nullptr, nullptr),
            SQLITE_OK);
  for (int i = 0; i < 200 && mapped < 2; ++i) add(*store, 1, chain, 500);
  EXPECT_GT(mapped, 1);
  EXPECT_EQ(reserved, mapped);
}

TEST_F(index_room, of_a_ledger_is_reserved_before_it_is_mapped) {
  const auto l = take_words(ledger_in_sqlite(file_system)({.path = options.path}), error).value();
  ASSERT_TRUE(l->begin());
  ASSERT_TRUE(l->commit());
  EXPECT_EQ(mapped, 1);
  EXPECT_EQ(reserved, mapped);
  const auto second =
      take_words(ledger_in_sqlite(file_system)({.path = options.path}), error).value();
  EXPECT_EQ(reserved, mapped);
}

TEST_F(index_room, is_reserved_again_after_a_start) {
  open_store();
  open_store();
  EXPECT_GE(mapped, 2);
  EXPECT_EQ(reserved, mapped);
}

TEST_F(index_room, holds_the_locks_of_the_store_until_its_last_connection_ends) {
  const auto l = take_words(open_ledger({.path = options.path}), error).value();
  receipt_chain chain({"gw-7", "quota/a", 1});
  const auto append = [&](ledger& to) {
    const stream_head before = chain.head();
    const auto rows = chain.next_batch(1);
    EXPECT_TRUE(to.begin());
    EXPECT_TRUE(to.append({chain.key(), before, rows}));
    return to.commit();
  };
  ASSERT_TRUE(append(*l));
  ASSERT_TRUE(append(*take_words(open_ledger({.path = options.path}), error).value()));
  // A reader that thought itself alone would remove the log when it ends.
  EXPECT_EQ(test::sql(options.path, "SELECT max(seq) FROM receipt"), "2");
  EXPECT_TRUE(fs::exists(options.path + "-wal"));
  EXPECT_TRUE(append(*l)) << l->last_error();
}

}  // namespace index_room_test
}  // namespace hawser
