// A store that cannot be looked at for a moment: that is told, and is no loss of anything.
#include "store/sqlite/content_watch.hpp"
#include "store/sqlite/store_id.hpp"
#include "store/sqlite/store_vfs.hpp"
#include "support/file_content.hpp"
#include "support/outbox_fixture.hpp"

#include <gmock/gmock.h>

#include <sys/stat.h>
#include <unistd.h>

namespace hawser {
namespace unreadable_store_test {

namespace fs = std::filesystem;
using io::sqlite::content_watch;
using io::sqlite::range_of_region;
using io::sqlite::sync_folder_of;
using io::sqlite::wal_index;
using io::sqlite::watched_file;
using test::receipt_chain;
using ::testing::HasSubstr;

class unreadable_store : public test::outbox_fixture {};

TEST_F(unreadable_store, whose_name_cannot_be_looked_at_goes_on_and_that_is_told_once) {
  fs::create_directory(folder / "store");
  options.path = folder / "store/s.db";
  const auto store = open_store();
  receipt_chain chain = new_stream(*store, "quota/a");
  for (int i = 0; i < 2; ++i) {
    fs::rename(folder / "store", folder / "elsewhere");
    fs::create_symlink("store", folder / "store");  // ELOOP
    add(*store, 1, chain, 3);
    EXPECT_THAT(store->notice(), HasSubstr("s.db: cannot be looked at: Too many levels"));
    add(*store, 1, chain, 3);
    EXPECT_EQ(store->notice(), "") << "once";
    EXPECT_FALSE(store->reopen());
    fs::remove(folder / "store");
    fs::rename(folder / "elsewhere", folder / "store");
    EXPECT_TRUE(store->reopen()) << store->last_error();
    add(*store, 1, chain, 3);
    EXPECT_EQ(store->notice(), "");
  }
  EXPECT_EQ(store->streams().value().at(0).last, chain.head());
}

TEST_F(unreadable_store, below_something_that_is_no_folder_is_lost) {
  fs::create_directory(folder / "store");
  options.path = folder / "store/s.db";
  const auto store = open_store();
  fs::rename(folder / "store", folder / "elsewhere");
  test::set_file_content(folder / "store", "no folder");  // ENOTDIR
  ASSERT_TRUE(store->begin());
  ASSERT_TRUE(store->open_stream("quota/a"));
  EXPECT_EQ(store->commit().error(), store_errc::in_doubt);
  EXPECT_THAT(store->last_error(), HasSubstr("was removed or renamed"));
}

struct fake_file final : watched_file {
  outcome read(std::int64_t, std::span<std::byte>) override { return answer; }
  std::optional<wal_index> index() const override { return state; }
  bool others_copy() override { return false; }

  outcome answer = outcome::all;
  wal_index state{.page_size = 4096};
};

TEST_F(unreadable_store, whose_log_is_not_given_by_the_disk_has_lost_nothing) {
  test::set_file_content(options.path, "x");
  fs::create_symlink("/proc/self/mem", options.path + "-wal");  // EIO
  fake_file file;
  file.state.frames = 1;
  content_watch watch(file, options.path);
  for (int i = 0; i < 2; ++i) {
    const auto found = watch.look();
    EXPECT_EQ(found.lost, "");
    EXPECT_THAT(found.unseen, HasSubstr("edge.db-wal: cannot be read: Input/output error"));
  }
}

TEST_F(unreadable_store, whose_pages_are_not_given_by_the_disk_are_looked_at_again) {
  using outcome = watched_file::outcome;
  for (const auto then : {outcome::all, outcome::shorter}) {
    test::set_file_content(options.path, "x");
    fake_file file;
    content_watch watch(file, options.path);
    watch.look();
    test::set_file_content(options.path, "xx");
    file.answer = outcome::failed;
    for (int i = 0; i < 2; ++i) {
      const auto found = watch.look();
      EXPECT_EQ(found.lost + found.doubt, "");
      EXPECT_THAT(found.unseen, HasSubstr("edge.db: cannot be read"));
    }
    file.answer = then;
    const auto found = watch.look();
    EXPECT_EQ(found.unseen, "");
    EXPECT_EQ(found.lost.empty(), then == outcome::all);
    EXPECT_EQ(found.doubt.empty(), then != outcome::all);
  }
}

TEST_F(unreadable_store, has_its_index_reserved_in_whole_pages_of_memory) {
  const auto range = [](int region, long page) {
    const auto r = range_of_region(region, 32'768, page);
    return std::pair(r.begin, r.end);
  };
  EXPECT_EQ(range(0, 4'096), std::pair(off_t{0}, off_t{32'768}));
  EXPECT_EQ(range(3, 4'096), std::pair(off_t{98'304}, off_t{131'072}));
  EXPECT_EQ(range(0, 65'536), std::pair(off_t{0}, off_t{65'536}));
  EXPECT_EQ(range(1, 65'536), std::pair(off_t{0}, off_t{65'536}));
  EXPECT_EQ(range(2, 65'536), std::pair(off_t{65'536}, off_t{131'072}));
}

TEST_F(unreadable_store, is_made_where_folders_cannot_be_synced_or_read) {
  EXPECT_NO_THROW(sync_folder_of("/proc/any"));  // EINVAL
  EXPECT_THROW(sync_folder_of(folder / "none/any"), io::sqlite::store_error);
  fs::create_directory(folder / "closed");
  ASSERT_EQ(::chmod((folder / "closed").c_str(), 0300), 0);
  const uid_t was = ::geteuid();
  if (was == 0) {
    ASSERT_EQ(::chmod(folder.path().c_str(), 0755), 0);
    ASSERT_EQ(::seteuid(65'534), 0);
  }
  EXPECT_NO_THROW(sync_folder_of(folder / "closed/any"));  // EACCES
  ASSERT_EQ(::seteuid(was), 0);
}

}  // namespace unreadable_store_test
}  // namespace hawser
