// Named cases: what each file scenario must come to.
#include "crash/case_fixture.hpp"

namespace hawser {
namespace cases_test {

namespace fs = std::filesystem;
using test::run_program;
using test::sql;
using ::testing::Contains;
using ::testing::HasSubstr;

class stores : public test::store_case {};

TEST_F(stores, outbox_with_an_empty_main_file_is_only_read) {
  leave_a_log();
  put(store, "");
  const auto before = contents();
  ASSERT_GT(before.at("edge.db-wal").size(), 0U);
  EXPECT_NE(run({"outbox", "verify", store}).code, 0);
  EXPECT_NE(run({"outbox", "dump", store}).code, 0);
  EXPECT_EQ(contents(), before);
}

TEST_F(stores, ledger_with_an_empty_main_file_is_only_read) {
  leave_a_ledger_with_a_log();
  put(ledger, "");
  const auto before = contents();
  ASSERT_GT(before.at("ledger.db-wal").size(), 0U);
  EXPECT_NE(run({"ledger", "verify", ledger}).code, 0);
  EXPECT_NE(run({"ledger", "dump", ledger}).code, 0);
  EXPECT_EQ(contents(), before);
}

TEST_F(stores, store_without_its_main_file_is_only_read) {
  leave_a_log();
  fs::remove(store);
  const auto before = contents();
  EXPECT_NE(run({"outbox", "verify", store}).code, 0);
  EXPECT_EQ(contents(), before);
}

TEST_F(stores, edge_with_an_empty_main_file_keeps_the_log_and_tells) {
  leave_a_log();
  const std::string epoch = epoch_of_store();
  put(store, "");
  const std::string log = file(store + "-wal");
  EXPECT_THAT(start_again(), HasSubstr(R"("ok":true)"));
  EXPECT_EQ(file(store + ".corrupt-1-wal"), log);
  EXPECT_THAT(errors, ::testing::AllOf(HasSubstr("is empty, its log is not"),
                                       HasSubstr("edge.db.corrupt-1,")));
  expect_reset_of(epoch);
}

TEST_F(stores, edge_without_its_main_file_names_the_log_that_it_moved) {
  leave_a_log();
  const std::string epoch = epoch_of_store();
  fs::remove(store);
  const std::string log = file(store + "-wal");
  EXPECT_THAT(start_again(), HasSubstr(R"("ok":true)"));
  EXPECT_EQ(file(store + ".corrupt-1-wal"), log);
  EXPECT_THAT(errors, ::testing::AllOf(HasSubstr("is gone, its log is not"),
                                       HasSubstr("edge.db.corrupt-1-wal,")));
  expect_reset_of(epoch);
}

// What was not synced when the power went: nobody can know more of it.
TEST_F(stores, log_with_a_torn_last_frame_loses_its_last_transaction_only) {
  leave_a_log(20);
  const std::string wal = store + "-wal";
  flip_bit(wal, file(wal).size() - 100);
  const auto verify = run({"outbox", "verify", store});
  EXPECT_EQ(verify.code, 0);
  EXPECT_THAT(verify.errors, HasSubstr("warning: " + store + ": has "));
  EXPECT_THAT(start_again("k19"), HasSubstr(R"("repeated":true)")) << errors;
  EXPECT_FALSE(fs::exists(store + ".corrupt-1"));
}

TEST_F(stores, ledger_with_a_trigger_is_refused_by_name) {
  leave_a_ledger_with_a_log();
  sql(ledger, "CREATE TRIGGER swallow BEFORE INSERT ON receipt BEGIN SELECT RAISE(IGNORE); END");
  const auto verify = run({"ledger", "verify", ledger});
  EXPECT_EQ(verify.code, 1);
  EXPECT_THAT(verify.lines, Contains(HasSubstr("swallow")));
  const auto cloud = run({"cloud", "--ledger", "sqlite:" + ledger});
  EXPECT_NE(cloud.code, 0);
  EXPECT_THAT(cloud.errors, HasSubstr("swallow"));
}

TEST_F(stores, outbox_with_a_foreign_table_is_named) {
  fill_store();
  sql(store, "CREATE TABLE notes(x)");
  const auto verify = run({"outbox", "verify", store});
  EXPECT_EQ(verify.code, 1);
  EXPECT_THAT(verify.lines, Contains(HasSubstr("notes")));
}

TEST_F(stores, ledger_restored_from_a_backup_is_filled_again) {
  leave_a_ledger_with_a_log();
  sql(ledger, "PRAGMA wal_checkpoint(TRUNCATE)");
  const std::string backup = file(ledger);
  {
    test::ready_cloud cloud(ledger);
    ASSERT_EQ(run(draining_words(cloud.url()), test::use_line("k21") + test::use_line("k22")).code,
              0);
  }
  for (const char* suffix : {"", "-wal", "-shm", ".id"}) fs::remove(ledger + suffix);
  put(ledger, backup);
  {
    test::ready_cloud cloud(ledger);
    ASSERT_EQ(run(draining_words(cloud.url()), test::use_line("k23")).code, 0);
  }
  const auto dumped = run({"ledger", "dump", ledger});
  EXPECT_EQ(dumped.code, 0);
  for (const char* key : {"k20", "k21", "k22", "k23"}) {
    EXPECT_THAT(dumped.lines, Contains(HasSubstr(std::string(R"("key":")") + key + '"')));
  }
}

}  // namespace cases_test
}  // namespace hawser
