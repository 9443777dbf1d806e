// A store whose files are removed, renamed or replaced while it is in use: nobody is told "done" of
// what nobody would find again.
#include "support/edge_driver.hpp"
#include "support/line_log.hpp"
#include "support/outbox_fixture.hpp"
#include "support/words.hpp"

#include <fcntl.h>
#include <fstream>
#include <functional>
#include <sys/wait.h>
#include <unistd.h>

namespace hawser {
namespace lost_name_test {

namespace fs = std::filesystem;
using test::answers;
using test::gate;
using test::receipt_chain;
using test::set_quota;
using test::use;
using ::testing::HasSubstr;

void write_file(const std::string& path, const std::string& content) {
  std::ofstream(path, std::ios::binary) << content;
}

// What happens to a store at FOLDER/store/s.db, and how it is undone.
struct loss {
  const char* name;
  const char* why;
  std::function<void(const std::string& folder)> happen;
  std::function<void(const std::string& folder)> undo;  // empty: it cannot be

  friend void PrintTo(const loss& l, std::ostream* out) { *out << l.name; }
};

std::function<void(const std::string&)> rename(const std::string& from, const std::string& to) {
  return [from, to](const std::string& folder) { fs::rename(folder + from, folder + to); };
}

const loss losses[] = {
    {"removed", "s.db: was removed or renamed", [](auto& f) { fs::remove(f + "/store/s.db"); }, {}},
    {"log_removed",
     "s.db-wal: was removed or renamed",
     [](auto& f) { fs::remove(f + "/store/s.db-wal"); },
     {}},
    {"index_removed",
     "s.db-shm: was removed or renamed",
     [](auto& f) { fs::remove(f + "/store/s.db-shm"); },
     {}},
    {"all_removed",
     "s.db: was removed or renamed",
     [](auto& f) { fs::remove_all(f + "/store"); },
     {}},
    {"renamed", "s.db: was removed or renamed", rename("/store/s.db", "/store/x.db"),
     rename("/store/x.db", "/store/s.db")},
    {"log_renamed", "s.db-wal: was removed or renamed", rename("/store/s.db-wal", "/store/x"),
     rename("/store/x", "/store/s.db-wal")},
    {"folder_moved", "s.db: was removed or renamed", rename("/store", "/elsewhere"),
     rename("/elsewhere", "/store")},
    {"folder_replaced", "s.db: was replaced by another file",
     [](auto& f) {
       fs::rename(f + "/store", f + "/elsewhere");
       fs::copy(f + "/elsewhere", f + "/store");
     },
     [](auto& f) {
       fs::remove_all(f + "/store");
       fs::rename(f + "/elsewhere", f + "/store");
     }},
    {"replaced", "s.db: was replaced by another file",
     [](auto& f) {
       fs::rename(f + "/store/s.db", f + "/kept");
       write_file(f + "/new", "something else");
       fs::rename(f + "/new", f + "/store/s.db");
     },
     rename("/kept", "/store/s.db")},
    {"replaced_by_its_copy", "s.db: was replaced by another file",
     [](auto& f) {
       fs::copy(f + "/store/s.db", f + "/new");
       fs::rename(f + "/store/s.db", f + "/kept");
       fs::rename(f + "/new", f + "/store/s.db");
     },
     rename("/kept", "/store/s.db")},
    {"log_replaced", "s.db-wal: was replaced by another file",
     [](auto& f) {
       fs::rename(f + "/store/s.db-wal", f + "/kept");
       write_file(f + "/new", "something else");
       fs::rename(f + "/new", f + "/store/s.db-wal");
     },
     rename("/kept", "/store/s.db-wal")},
    {"a_folder_in_its_place", "s.db: was replaced by another file",
     [](auto& f) {
       fs::rename(f + "/store/s.db", f + "/kept");
       fs::create_directory(f + "/store/s.db");
     },
     [](auto& f) {
       fs::remove(f + "/store/s.db");
       fs::rename(f + "/kept", f + "/store/s.db");
     }},
    {"emptied", "s.db: was emptied", [](auto& f) { fs::resize_file(f + "/store/s.db", 0); }, {}},
};

class lost_name : public test::outbox_fixture, public ::testing::WithParamInterface<loss> {
 protected:
  lost_name() {
    fs::create_directory(folder / "store");
    options.path = folder / "store/s.db";
  }
};

INSTANTIATE_TEST_SUITE_P(losses, lost_name, ::testing::ValuesIn(losses),
                         [](const auto& of) { return of.param.name; });

TEST_P(lost_name, leaves_the_group_that_finds_it_in_doubt_and_ends_the_outbox) {
  auto store = open_store();
  receipt_chain chain = new_stream(*store, "quota/a");
  add(*store, 1, chain, 5);
  GetParam().happen(folder.path());
  const bool there = fs::exists(options.path);
  ASSERT_TRUE(store->begin());
  ASSERT_TRUE(store->append(1, chain.next(), hlc_at(1)));
  EXPECT_EQ(store->commit().error(), store_errc::in_doubt);
  EXPECT_THAT(store->last_error(), HasSubstr(GetParam().why));
  EXPECT_THAT(store->last_error(), HasSubstr("put the file back"));
  for (int i = 0; i < 3; ++i) {
    EXPECT_EQ(store->begin().error(), store_errc::failed);
    EXPECT_EQ(store->reopen().error(), store_errc::failed);
    EXPECT_THAT(store->last_error(), HasSubstr(GetParam().why));
  }
  EXPECT_EQ(fs::exists(options.path), there) << "nothing is begun anew behind its back";
  if (!GetParam().undo) return;
  GetParam().undo(folder.path());
  EXPECT_EQ(store->reopen().error(), store_errc::failed) << "until it is started again";
  store.reset();
  const auto again = open();
  EXPECT_FALSE(again.moved_aside);
  EXPECT_EQ(again.store->streams().value().at(0).last, chain.head())
      << "what was in doubt is found";
}

TEST_P(lost_name, leaves_the_group_that_finds_it_in_doubt_and_ends_the_ledger) {
  auto opened = take_words(open_ledger({.path = options.path}), error);
  ASSERT_TRUE(opened) << error;
  auto l = *std::move(opened);
  receipt_chain chain({"gw-7", "quota/a", 1});
  const auto append = [&] {
    const stream_head before = chain.head();
    const auto rows = chain.next_batch(3);
    EXPECT_TRUE(l->begin());
    EXPECT_TRUE(l->append({chain.key(), before, rows}));
    return l->commit();
  };
  ASSERT_TRUE(append());
  GetParam().happen(folder.path());
  const bool there = fs::exists(options.path);
  EXPECT_EQ(append().error(), store_errc::in_doubt);
  EXPECT_THAT(l->last_error(), HasSubstr(GetParam().why));
  for (int i = 0; i < 3; ++i) {
    EXPECT_EQ(l->begin().error(), store_errc::failed);
    EXPECT_EQ(l->reopen().error(), store_errc::failed);
    EXPECT_THAT(l->last_error(), HasSubstr(GetParam().why));
  }
  EXPECT_EQ(fs::exists(options.path), there);
  if (!GetParam().undo) return;
  GetParam().undo(folder.path());
  l.reset();
  l = *take_words(open_ledger({.path = options.path}), error);
  EXPECT_EQ(l->find(chain.key()).value()->head, chain.head());
}

TEST_P(lost_name, is_told_once_by_an_edge_that_answers_no_event_ok_from_there_on) {
  const auto log = std::make_shared<test::line_log>();
  edge_options o;
  o.device = "gw-7";
  o.store = options.path;
  o.log = log;
  edge node(o);
  std::atomic<int> told{0};
  node.on_transition([&](const transition&) { ++told; });
  ASSERT_TRUE(take_words(node.start(), error)) << error;
  ASSERT_TRUE(test::ask(node, set_quota("a")).ok);
  const int told_before = told;
  answers got;
  {
    gate hold(node);
    GetParam().happen(folder.path());
    for (const char* key : {"k1", "k2"}) ASSERT_TRUE(node.apply(use("a", 1, key), got.taker()));
    hold.open();
  }
  for (const answer& a : got.wait(2)) {
    EXPECT_EQ(a.error, "in_doubt") << a.json;
    EXPECT_FALSE(a.ok);
    EXPECT_THAT(a.json, HasSubstr("repeat it with its key"));
  }
  for (int i = 0; i < 3; ++i) EXPECT_EQ(test::ask(node, use("a", 1, "k1")).error, "store_failed");
  EXPECT_EQ(told, told_before);
  EXPECT_EQ(log->count(GetParam().why), 1U) << log->all();
  EXPECT_THAT(log->all(),
              HasSubstr("outbox: a group failed, and may have happened all the same: "));
}

class lost_before_a_reopen : public test::outbox_fixture {};

TEST_F(lost_before_a_reopen, is_noticed_and_no_other_store_is_begun) {
  fs::create_directory(folder / "store");
  options.path = folder / "store/s.db";
  auto store = open_store();
  new_stream(*store, "quota/a");
  fs::rename(folder / "store", folder / "elsewhere");
  fs::create_directory(folder / "store");
  EXPECT_EQ(store->reopen().error(), store_errc::failed);
  EXPECT_THAT(store->last_error(), HasSubstr("s.db: was removed or renamed"));
  EXPECT_TRUE(fs::is_empty(folder / "store"));
  auto l = *take_words(open_ledger({.path = folder / "store/l.db"}), error);
  fs::rename(folder / "store", folder / "second");
  fs::create_directory(folder / "store");
  EXPECT_EQ(l->reopen().error(), store_errc::failed);
  EXPECT_TRUE(fs::is_empty(folder / "store"));
}

// --- a second name ------------------------------------------------------------------------------

class second_name : public test::outbox_fixture {
 protected:
  second_name() {
    fs::create_directory(folder / "sub");
    link = folder / "sub/link.db";
  }
  void expect_held() { EXPECT_THAT(error, HasSubstr("held by another writer")); }

  std::string link;
};

/// Whether another process finds SQLite's lock of the database that this one has open.
bool is_locked(const std::string& path) {
  const pid_t child = ::fork();
  if (child == 0) {
    const int f = ::open(path.c_str(), O_RDWR | O_CLOEXEC);
    struct flock l {};
    l.l_type = F_WRLCK;
    l.l_whence = SEEK_SET;
    l.l_start = 0x40000002;  // its shared lock ("File Locking And Concurrency")
    l.l_len = 510;
    ::_exit(::fcntl(f, F_GETLK, &l) == 0 && l.l_type != F_UNLCK ? 1 : 0);
  }
  int status = 0;
  ::waitpid(child, &status, 0);
  return WIFEXITED(status) && WEXITSTATUS(status) == 1;
}

TEST_F(second_name, gives_no_second_writer_the_outbox) {
  auto store = open_store();
  receipt_chain chain = new_stream(*store, "quota/a");
  fs::create_hard_link(options.path, link);
  outbox_options other = options;
  other.path = link;
  ASSERT_TRUE(is_locked(options.path));
  EXPECT_EQ(take_words(open_outbox(other), error).error(), store_errc::failed);
  expect_held();
  EXPECT_TRUE(is_locked(options.path)) << "the refusal has given up the locks of the first";
  EXPECT_FALSE(fs::exists(link + "-wal"));
  add(*store, 1, chain, 3);
  store.reset();
  EXPECT_TRUE(take_words(open_outbox(other), error)) << "one after the other: " << error;
}

TEST_F(second_name, gives_no_second_process_the_outbox_until_the_first_is_killed) {
  int ready[2];
  ASSERT_EQ(::pipe(ready), 0);
  const pid_t child = ::fork();
  ASSERT_GE(child, 0);
  if (child == 0) {
    const auto opened = take_words(open_outbox(options), error);
    const char ok = opened ? '1' : '0';
    if (::write(ready[1], &ok, 1) == 1) ::pause();
    ::_exit(0);
  }
  char ok = '0';
  ASSERT_EQ(::read(ready[0], &ok, 1), 1);
  EXPECT_EQ(ok, '1');
  fs::create_hard_link(options.path, link);
  options.path = link;
  EXPECT_EQ(take_words(open_outbox(options), error).error(), store_errc::failed);
  expect_held();
  ::kill(child, SIGKILL);
  int status = 0;
  ASSERT_EQ(::waitpid(child, &status, 0), child);
  EXPECT_TRUE(take_words(open_outbox(options), error)) << error;
  ::close(ready[0]);
  ::close(ready[1]);
}

TEST_F(second_name, gives_no_second_writer_the_outbox_whose_lock_file_was_removed) {
  const auto store = open_store();
  fs::remove(options.path + "-lock");
  EXPECT_EQ(take_words(open_outbox(options), error).error(), store_errc::failed);
  expect_held();
}

TEST_F(second_name, gives_no_second_writer_the_ledger_but_one_by_the_same_name) {
  fs::create_directory_symlink(folder.path(), folder / "here");
  const auto first = take_words(open_ledger({.path = options.path}), error);
  ASSERT_TRUE(first) << error;
  fs::create_hard_link(options.path, link);
  EXPECT_EQ(take_words(open_ledger({.path = link}), error).error(), store_errc::failed);
  expect_held();
  EXPECT_TRUE(is_locked(options.path));
  EXPECT_TRUE(take_words(open_ledger({.path = options.path}), error)) << error;
  EXPECT_TRUE(take_words(open_ledger({.path = folder / "here/edge.db"}), error)) << error;
  EXPECT_TRUE((*first)->begin());
  EXPECT_TRUE((*first)->commit()) << (*first)->last_error();
}

TEST_F(second_name, alone_is_told_once_and_changes_nothing) {
  auto store = open_store();
  receipt_chain chain = new_stream(*store, "quota/a");
  EXPECT_EQ(store->notice(), "");
  fs::create_hard_link(options.path, link);
  add(*store, 1, chain, 3);
  EXPECT_THAT(store->notice(), HasSubstr("edge.db: has a second name (a hard link)"));
  add(*store, 1, chain, 3);
  EXPECT_EQ(store->notice(), "");
  const auto l = take_words(open_ledger({.path = folder / "ledger.db"}), error);
  fs::create_hard_link(folder / "ledger.db", folder / "sub/ledger.db");
  EXPECT_TRUE((*l)->begin());
  EXPECT_TRUE((*l)->commit());
  EXPECT_THAT((*l)->notice(), HasSubstr("ledger.db: has a second name"));
}

TEST_F(second_name, of_before_the_start_is_a_warning_of_the_edge) {
  open_store();
  fs::create_hard_link(options.path, link);
  const auto log = std::make_shared<test::line_log>();
  edge node({.device = "gw-7", .store = options.path, .log = log});
  ASSERT_TRUE(take_words(node.start(), error)) << error;
  ASSERT_TRUE(test::ask(node, set_quota("a")).ok);
  ASSERT_TRUE(test::ask(node, use("a")).ok);
  EXPECT_EQ(log->count("has a second name"), 1U) << log->all();
}

}  // namespace lost_name_test
}  // namespace hawser
