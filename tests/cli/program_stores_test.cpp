// The program on a store that is lost or damaged, or that it may not have.
#include "support/file_content.hpp"
#include "support/program_fixture.hpp"
#include "support/sql.hpp"

#include <filesystem>
#include <functional>

namespace hawser::test {
namespace program_stores_test {

namespace fs = std::filesystem;
using ::testing::HasSubstr;
using ::testing::Not;
using ::testing::StartsWith;

class hawser_stores : public program_fixture {
 protected:
  /// An edge that was killed behind its last answer.
  void kill_edge(int uses = 30) {
    program p(edge_words(nobody), folder / "errors");
    p.write(set_line());
    ASSERT_TRUE(p.line());
    for (int i = 0; i < uses; ++i) {
      p.write(use_line("u" + std::to_string(i)));
      ASSERT_TRUE(p.line());
    }
    p.signal(SIGKILL);
    p.wait();
    ASSERT_TRUE(fs::exists(store + "-wal"));
  }
  std::vector<std::string> requiring(std::vector<std::string> words) {
    words.push_back("--require-store");
    return words;
  }
};

TEST_F(hawser_stores, an_edge_says_that_its_store_is_gone_and_puts_it_on_record) {
  fill_store(5);
  fs::remove(store);
  const finished r = run(edge_words(nobody), use_line("x"));
  EXPECT_EQ(r.code, 3);
  EXPECT_THAT(r.errors, HasSubstr("outbox is lost (" + store + ": is gone)"));
  const finished dump = run({"outbox", "dump", store});
  ASSERT_FALSE(dump.lines.empty());
  EXPECT_THAT(dump.lines[0], HasSubstr("\"reason\":\"new_store\""));
  EXPECT_THAT(dump.lines[0], HasSubstr("\"epoch\":"));
  EXPECT_THAT(run(edge_words(nobody), use_line("y")).errors, Not(HasSubstr("is lost")));
}

TEST_F(hawser_stores, an_edge_that_requires_its_store_refuses_to_start_without_it) {
  const auto refused = [&](const std::string& why) {
    const finished r = run(requiring(edge_words(nobody)), set_line());
    EXPECT_EQ(r.code, 2);
    EXPECT_THAT(r.errors, StartsWith("hawser: --store: " + store + why));
    EXPECT_TRUE(r.lines.empty());
    EXPECT_FALSE(fs::exists(store) && fs::file_size(store) > 0);
  };
  refused(".id: is not there");
  fill_store(1);
  EXPECT_EQ(run(requiring(edge_words(nobody)), use_line("x")).code, 3);
  fs::resize_file(store, 0);
  refused(": is gone or empty");
  fs::remove(store);
  refused(": is gone or empty");
}

TEST_F(hawser_stores, a_cloud_that_requires_its_ledger_refuses_to_start_without_it) {
  const std::vector<std::string> words{"cloud", "--ledger", "sqlite:" + ledger, "--require-store"};
  const auto refused = [&](const std::string& why) {
    const finished r = run(words);
    EXPECT_EQ(r.code, 2);
    EXPECT_THAT(r.errors, StartsWith("hawser: --ledger: " + ledger + why));
  };
  refused(".id: is not there");
  {
    ready_cloud sky(ledger);
    ASSERT_FALSE(sky.url().empty());
    sky.run().signal(SIGTERM);
    EXPECT_EQ(sky.run().wait(), 0);
  }
  { EXPECT_FALSE(ready_cloud(ledger, {}).url().empty()); }
  for (const char* suffix : {"", "-wal", "-shm"}) fs::remove(ledger + suffix);
  refused(": is gone or empty");
}

TEST_F(hawser_stores, an_edge_moves_a_store_aside_whose_log_is_damaged_or_gone) {
  for (const bool gone : {false, true}) {
    kill_edge();
    std::string log = file_content(store + "-wal");
    log[32 + 2 * 4120 + 600] ^= 1;
    if (gone) fs::remove(store + "-wal");
    if (!gone) set_file_content(store + "-wal", log);
    const finished verified = run({"outbox", "verify", store});
    EXPECT_EQ(verified.code, 1);
    EXPECT_THAT(verified.lines.at(0), HasSubstr("\"broken\":1"));
    const finished r = run(edge_words(nobody), use_line("x"));
    EXPECT_EQ(r.code, 3);
    EXPECT_THAT(r.errors, HasSubstr("outbox was damaged (" + store + ": " +
                                    (gone ? "its log" : "frame 3 of its log is damaged")));
    for (const auto& f : fs::directory_iterator(folder.path())) fs::remove(f.path());
  }
}

TEST_F(hawser_stores, an_edge_that_was_killed_goes_on_with_all_that_it_answered) {
  kill_edge(30);
  const finished r = run(edge_words(nobody), use_line("u29"));
  EXPECT_EQ(r.code, 3);
  EXPECT_THAT(r.lines.at(0), HasSubstr("\"repeated\":true"));
  EXPECT_EQ(r.errors.find("damaged"), std::string::npos) << r.errors;
}

TEST_F(hawser_stores, a_cloud_does_not_start_on_a_ledger_whose_log_is_gone) {
  {
    ready_cloud sky(ledger);
    auto words = edge_words(sky.url());
    words[words.size() - 3] = "20s";
    ASSERT_EQ(run(words, set_line() + use_line("a")).code, 0);
    sky.run().signal(SIGKILL);
    sky.run().wait();
  }
  fs::remove(ledger + "-wal");
  const finished r = run({"cloud", "--ledger", "sqlite:" + ledger});
  EXPECT_EQ(r.code, 2);
  EXPECT_THAT(r.errors, StartsWith("hawser: --ledger: " + ledger + ": its log (" +
                                   fs::path(ledger).filename().string() +
                                   "-wal) is gone or empty, and was in use"));
  const finished verify = run({"ledger", "verify", ledger});
  EXPECT_EQ(verify.code, 1);
  EXPECT_THAT(verify.errors, StartsWith("hawser: " + ledger + ": broken: its log ("));
}

// One for each step of an opening: nothing was begun.
TEST_F(hawser_stores, that_cannot_be_opened_are_named_files_that_cannot_be_used) {
  const auto foreign = [](const std::string& path) {
    sql(path, "CREATE TRIGGER x BEFORE DELETE ON stream BEGIN SELECT 1; END");
  };
  const auto version_0 = [](const std::string& path) { sql(path, "PRAGMA user_version = 0"); };
  const auto no_log = [](const std::string& path) { fs::create_directory(path + "-wal"); };
  const std::vector<std::function<void(const std::string&)>> all{foreign, version_0, no_log};
  for (std::size_t i = 0; i < all.size(); ++i) {
    SCOPED_TRACE(i);
    {
      ready_cloud sky(ledger);
      auto words = edge_words(sky.url());
      words[words.size() - 3] = "20s";
      ASSERT_EQ(run(words, set_line()).code, 0);
      sky.run().signal(SIGTERM);
      ASSERT_EQ(sky.run().wait(), 0);
    }
    for (const std::string& path : {store, ledger}) all[i](path);
    const finished edge = run(edge_words(nobody), use_line("x"));
    EXPECT_EQ(edge.code, 2);
    EXPECT_THAT(edge.errors, StartsWith("hawser: --store: " + store)) << edge.errors;
    const finished cloud = run({"cloud", "--ledger", "sqlite:" + ledger});
    EXPECT_EQ(cloud.code, 2);
    EXPECT_THAT(cloud.errors, StartsWith("hawser: --ledger: " + ledger)) << cloud.errors;
    if (i > 0) {  // What is foreign is damage.
      for (const char* verb : {"verify", "dump"}) {
        EXPECT_EQ(run({"outbox", verb, store}).code, 2);
        EXPECT_EQ(run({"ledger", verb, ledger}).code, 2);
      }
    }
    for (const auto& f : fs::directory_iterator(folder.path())) fs::remove_all(f.path());
  }
}

}  // namespace program_stores_test
}  // namespace hawser::test
