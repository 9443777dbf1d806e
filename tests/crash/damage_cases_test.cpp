// Named cases: what a store that lost something, or was damaged, must come to.
#include "crash/case_fixture.hpp"

namespace hawser {
namespace damage_cases_test {

namespace fs = std::filesystem;
using test::program;
using test::ready_cloud;
using test::set_line;
using test::sql;
using test::use_line;
using ::testing::AllOf;
using ::testing::Contains;
using ::testing::HasSubstr;

class damaged_stores : public test::store_case {
 protected:
  static std::string other(const std::string& line) {
    std::string out = line;
    return out.replace(out.find("t/api"), 5, "u/api");
  }
};

TEST_F(damaged_stores, lost_store_begins_with_a_reset) {
  fill_store();
  const std::string epoch = epoch_of_store();
  ASSERT_TRUE(fs::exists(store + ".id"));
  fs::remove(store);
  EXPECT_THAT(start_again(), HasSubstr(R"("ok":true)"));
  expect_reset_of(epoch);
}

TEST_F(damaged_stores, emptied_store_begins_with_a_reset) {
  fill_store();
  const std::string epoch = epoch_of_store();
  put(store, "");
  EXPECT_THAT(start_again(), HasSubstr(R"("ok":true)"));
  expect_reset_of(epoch);
}

TEST_F(damaged_stores, lost_store_is_refused_where_one_is_required) {
  auto words = edge_words(test::nobody);
  words.push_back("--require-store");
  // Neither a store nor a sign of one: the partition is not mounted.
  EXPECT_NE(run(words, set_line()).code, 0);
  fill_store();
  EXPECT_EQ(run(words, set_line()).code, 3) << "pending, as ever";
  fs::remove(store);
  EXPECT_NE(run(words, set_line()).code, 3);
  EXPECT_FALSE(fs::exists(store));
}

TEST_F(damaged_stores, log_with_a_bad_frame_in_its_middle_is_damage) {
  leave_a_log();
  const std::string epoch = epoch_of_store();
  const std::string wal = store + "-wal";
  flip_bit(wal, file(wal).size() / 2);
  EXPECT_EQ(run({"outbox", "verify", store}).code, 1);
  EXPECT_THAT(start_again(), HasSubstr(R"("ok":true)"));
  expect_reset_of(epoch);
  EXPECT_TRUE(fs::exists(store + ".corrupt-1"));
}

TEST_F(damaged_stores, missing_and_emptied_logs_are_damage) {
  leave_a_log();
  const std::string epoch = epoch_of_store();
  const auto whole = contents();
  for (const bool emptied : {false, true}) {
    for (const auto& [name, data] : whole) put(folder / name, data);
    fs::remove(store + "-shm");
    fs::remove(store + "-wal");
    if (emptied) put(store + "-wal", "");
    EXPECT_EQ(run({"outbox", "verify", store}).code, 1) << emptied;
    EXPECT_THAT(start_again(), HasSubstr(R"("ok":true)"));
    expect_reset_of(epoch);
    for (const auto& [name, data] : contents()) fs::remove(folder / name);
  }
}

TEST_F(damaged_stores, ledger_without_its_log_is_damage) {
  leave_a_ledger_with_a_log();
  fs::remove(ledger + "-wal");
  fs::remove(ledger + "-shm");
  EXPECT_EQ(run({"ledger", "verify", ledger}).code, 1);
}

TEST_F(damaged_stores, bad_rows_are_named) {
  fill_store();
  const std::string whole = file(store);
  for (const char* change : {
           "UPDATE governor SET data = CAST(data || x'00' AS BLOB)",
           "UPDATE governor SET state = 'paused'",
           "UPDATE stream SET hlc = hlc + 1000000000",
           "UPDATE stream SET acked_seq = seq",
           "UPDATE applied SET answer = 'no json' WHERE key = 'k3'",
           "UPDATE applied SET key = 'k999' WHERE key = 'k3'",
       }) {
    put(store, whole);
    sql(store, change);
    const auto verify = run({"outbox", "verify", store});
    EXPECT_EQ(verify.code, 1) << change;
  }
}

TEST_F(damaged_stores, bad_governor_costs_no_other) {
  ASSERT_EQ(run(edge_words(test::nobody), set_line("a") + other(set_line("b"))).code, 3);
  sql(store, "UPDATE governor SET data = x'a0' WHERE sid = 1");
  const auto ran = run(edge_words(test::nobody), use_line("c") + other(use_line("d")));
  ASSERT_EQ(ran.lines.size(), 2U) << ran.errors;
  EXPECT_THAT(ran.lines[0], HasSubstr(R"("ok":false)"));
  EXPECT_THAT(ran.lines[1], HasSubstr(R"("ok":true)"));
  EXPECT_THAT(ran.errors, HasSubstr("quota/t/api"));
}

TEST_F(damaged_stores, rotten_receipt_parks_its_stream_only) {
  ASSERT_EQ(
      run(edge_words(test::nobody), set_line("a") + use_line("c") + other(set_line("b"))).code, 3);
  sql(store,
      "UPDATE outbox SET body = CAST(x'00' || substr(body, 2) AS BLOB) WHERE sid = 1 AND seq = 2");
  ready_cloud cloud(ledger);
  program edge(edge_words(cloud.url()), folder / "edge-errors");
  edge.write(other(use_line("d")));
  EXPECT_TRUE(edge.line());
  EXPECT_TRUE(test::comes_true([&] {
    const auto dumped = run({"ledger", "dump", ledger});
    return std::any_of(dumped.lines.begin(), dumped.lines.end(), [](const std::string& line) {
      return line.find(R"("key":"d")") != std::string::npos;
    });
  }));
  EXPECT_TRUE(test::comes_true(
      [&] { return said("edge-errors").find("quota/t/api") != std::string::npos; }));
}

// A copy of it is on another link for a moment; then the first device has its streams back.
TEST_F(damaged_stores, superseded_device_resumes_by_itself) {
  ready_cloud cloud(ledger);
  program edge(draining_words(cloud.url()), folder / "edge-errors");
  edge.write(set_line());
  ASSERT_TRUE(edge.line());
  const std::string first = std::exchange(store, folder / "copy.db");
  for (const char* suffix : {"", "-wal"}) fs::copy(first + suffix, store + suffix);
  {
    program copy(draining_words(cloud.url()), folder / "errors");
    copy.line(500);  // It has nothing to say, and so much time to resume.
    edge.write(use_line("k0x"));
    ASSERT_TRUE(edge.line());
    edge.line(100);
  }
  for (int i = 1; i <= 20; ++i) edge.write(use_line("k" + std::to_string(i)));
  edge.close_input();
  EXPECT_EQ(edge.wait_at_most(std::chrono::seconds(60)), 0) << said("edge-errors");
}

TEST_F(damaged_stores, ledger_that_is_refilled_is_told_by_both) {
  leave_a_ledger_with_a_log();
  sql(ledger, "PRAGMA wal_checkpoint(TRUNCATE)");
  const std::string backup = file(ledger);
  {
    ready_cloud cloud(ledger);
    ASSERT_EQ(run(draining_words(cloud.url()), use_line("k21") + use_line("k22")).code, 0);
  }
  for (const char* suffix : {"", "-wal", "-shm", ".id"}) fs::remove(ledger + suffix);
  put(ledger, backup);
  program cloud({"--log", "warn", "cloud", "--ledger", "sqlite:" + ledger},
                folder / "cloud-errors");
  auto words = draining_words(test::field(cloud.line().value_or(""), "listening"));
  words[1] = "warn";
  const auto ran = run(words, use_line("k23"));
  EXPECT_EQ(ran.code, 0);
  // start, set_quota and 20 uses were there: 23 and 24 were lost.
  EXPECT_THAT(ran.errors, AllOf(HasSubstr("quota/t/api"), HasSubstr("23"), HasSubstr("24")));
  const std::string told = said("cloud-errors");
  EXPECT_THAT(told, AllOf(HasSubstr("quota/t/api"), HasSubstr("23"), HasSubstr("24")));
}

}  // namespace damage_cases_test
}  // namespace hawser
