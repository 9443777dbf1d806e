// A store that its owner may only read, in whole or one file of it: refused at the start, by name.
#include "support/file_content.hpp"
#include "support/outbox_fixture.hpp"
#include "support/words.hpp"

#include <gmock/gmock.h>

#include <functional>
#include <map>
#include <set>
#include <sys/stat.h>
#include <sys/wait.h>
#include <unistd.h>

namespace hawser {
namespace read_only_store_test {

namespace fs = std::filesystem;
using test::receipt_chain;
using ::testing::ContainsRegex;

constexpr uid_t nobody = 65'534;

class read_only_store : public test::outbox_fixture {
 protected:
  read_only_store() { fs::permissions(folder.path(), fs::perms(0777)); }
  ~read_only_store() override { fs::permissions(folder.path(), fs::perms(0777)); }

  /// A store that was killed, and belongs to the one that will open it.
  void make(bool outbox) {
    const std::string live = folder / "live.db";
    receipt_chain chain({"gw-7", "quota/a", 1});
    options.path = live;
    if (outbox) {
      const auto store = open_store();
      chain = new_stream(*store, "quota/a");
      add(*store, 1, chain, 3);
      test::copy_store(live, path);
      test::set_file_content(path + "-lock", "");
    } else {
      const auto l = take_words(open_ledger({.path = live}), error).value();
      const stream_head before = chain.head();
      const auto rows = chain.next_batch(3);
      ASSERT_TRUE(l->begin());
      ASSERT_TRUE(l->append({chain.key(), before, rows}));
      ASSERT_TRUE(l->commit());
      test::copy_store(live, path);
    }
    for (const char* suffix : {"", "-wal", "-shm", "-lock", ".id"}) {
      if (fs::exists(live + suffix)) fs::remove(live + suffix);
      if (!fs::exists(path + suffix)) continue;
      fs::permissions(path + suffix, fs::perms(0644));
      if (::geteuid() == 0 && ::chown((path + suffix).c_str(), nobody, nobody) != 0) FAIL();
    }
  }
  /// What somebody who is not root is told; "": it was opened.
  std::string open_as_nobody(bool outbox) {
    int told[2];
    if (::pipe(told) != 0) return "no pipe";
    const pid_t child = ::fork();
    if (child == 0) {
      if (::geteuid() == 0 && ::setuid(nobody) != 0) ::_exit(2);
      std::string said;
      if (outbox) {
        options.path = path;
        const auto opened = take_words(open_outbox(options), said);
        if (opened) said = opened->moved_aside ? "moved aside: " + opened->moved_aside->why : "";
        if (!opened && opened.error() != store_errc::failed) said = "another error: " + said;
      } else {
        const auto opened = take_words(open_ledger({.path = path}), said);
        if (opened) said.clear();
        if (!opened && opened.error() != store_errc::failed) said = "another error: " + said;
      }
      ::_exit(::write(told[1], said.data(), said.size()) == ssize_t(said.size()) ? 0 : 1);
    }
    ::close(told[1]);
    std::string said(4096, '\0');
    const ssize_t n = ::read(told[0], said.data(), said.size());
    ::close(told[0]);
    int status = 0;
    ::waitpid(child, &status, 0);
    EXPECT_EQ(status, 0);
    said.resize(n < 0 ? 0 : static_cast<std::size_t>(n));
    return said;
  }

  const std::string path = folder / "store.db";
};

TEST_F(read_only_store, is_opened_where_all_of_it_may_be_written) {
  for (const bool outbox : {true, false}) {
    make(outbox);
    EXPECT_EQ(open_as_nobody(outbox), "");
  }
}

TEST_F(read_only_store, is_refused_by_the_name_of_the_file) {
  for (const bool outbox : {true, false}) {
    for (const char* suffix : {"", "-wal", "-shm", ".id", "-lock"}) {
      if (!outbox && suffix == std::string("-lock")) continue;  // It has none.
      SCOPED_TRACE((outbox ? "outbox" : "ledger") + std::string(suffix));
      make(outbox);
      fs::permissions(path + suffix, fs::perms(0444));
      const auto content = test::file_content(path);
      EXPECT_THAT(open_as_nobody(outbox), ContainsRegex("^" + path + suffix + ": .*ermission"));
      EXPECT_EQ(test::file_content(path), content);
      fs::permissions(path + suffix, fs::perms(0644));
    }
  }
}

TEST_F(read_only_store, is_refused_by_the_name_of_the_folder) {
  for (const bool outbox : {true, false}) {
    SCOPED_TRACE(outbox);
    make(outbox);
    fs::remove(path + "-shm");
    fs::permissions(folder.path(), fs::perms(0555));
    EXPECT_THAT(open_as_nobody(outbox), ContainsRegex("^" + folder.path() + ".*ermission"));
    fs::permissions(folder.path(), fs::perms(0777));
  }
}

std::set<std::string> names_in(const std::string& folder) {
  std::set<std::string> all;
  for (const auto& f : fs::directory_iterator(folder)) all.insert(f.path().filename());
  return all;
}

// Whoever opens a pipe waits for the one at its other end: `verify` hung. And what cannot be read
// says nothing: a FILE.id that is a folder passed for that of a store that is lost.
TEST_F(read_only_store, of_which_something_is_no_file_is_refused_by_name) {
  for (const bool outbox : {true, false}) {
    for (const bool there : {true, false}) {
      for (const std::string suffix : {"", "-wal", "-shm", "-journal", ".id"}) {
        for (const bool pipe : {true, false}) {
          SCOPED_TRACE((outbox ? "outbox" : "ledger") + suffix + (pipe ? " pipe" : " folder") +
                       (there ? "" : " alone"));
          if (there) make(outbox);
          fs::remove(path + suffix);
          if (pipe) {
            ASSERT_EQ(::mkfifo((path + suffix).c_str(), 0644), 0);
          } else {
            fs::create_directory(path + suffix);
          }
          const auto before = names_in(folder.path());
          const std::string expected = path + suffix + ": is no regular file";
          const auto archive = outbox ? take_words(open_outbox_archive(path), error)
                                      : take_words(open_ledger_archive(path), error);
          EXPECT_EQ(archive.error(), store_errc::failed);
          EXPECT_EQ(error, expected);
          options.path = path;
          EXPECT_EQ(outbox ? take_words(open_outbox(options), error).error()
                           : take_words(open_ledger({.path = path}), error).error(),
                    store_errc::failed);
          EXPECT_EQ(error, expected);
          EXPECT_EQ(names_in(folder.path()), before);
          for (const char* any : {"", "-wal", "-shm", "-journal", ".id", "-lock"}) {
            fs::remove(path + any);
          }
        }
      }
    }
  }
}

TEST_F(read_only_store, whose_lock_is_a_folder_is_refused_by_name_and_can_be_read) {
  for (const bool there : {true, false}) {
    if (there) make(true);
    fs::remove(path + "-lock");
    fs::create_directory(path + "-lock");
    const auto before = names_in(folder.path());
    if (there) {
      EXPECT_TRUE(take_words(open_outbox_archive(path), error)) << error;
    }
    options.path = path;
    EXPECT_EQ(take_words(open_outbox(options), error).error(), store_errc::failed);
    EXPECT_EQ(error, path + "-lock: Is a directory");
    EXPECT_EQ(names_in(folder.path()), before);
    for (const char* any : {"", "-wal", "-shm", ".id", "-lock"}) fs::remove(path + any);
  }
}

TEST_F(read_only_store, whose_proof_the_disk_does_not_give_is_not_taken_for_lost) {
  for (const bool outbox : {true, false}) {
    fs::create_symlink("/proc/self/mem", path + ".id");  // EIO
    const std::string expected = path + ".id: cannot be read: Input/output error";
    options.path = path;
    EXPECT_EQ(outbox ? take_words(open_outbox(options), error).error()
                     : take_words(open_ledger({.path = path}), error).error(),
              store_errc::failed);
    EXPECT_EQ(error, expected);
    fs::remove(path + ".id");
    make(outbox);
    fs::remove(path + ".id");
    fs::create_symlink("/proc/self/mem", path + ".id");
    const auto archive = outbox ? take_words(open_outbox_archive(path), error)
                                : take_words(open_ledger_archive(path), error);
    EXPECT_EQ(archive.error(), store_errc::failed);
    EXPECT_EQ(error, expected);
    for (const char* any : {"", "-wal", "-shm", ".id", "-lock"}) fs::remove(path + any);
  }
}

}  // namespace read_only_store_test
}  // namespace hawser
