// verify and dump on damaged files: a summary always, and where the damage is.
#include "support/program_fixture.hpp"
#include "support/sql.hpp"

namespace hawser {
namespace program_damage_test {

using ::testing::AllOf;
using ::testing::ElementsAre;
using ::testing::HasSubstr;
using ::testing::StartsWith;

class hawser_damage : public test::program_fixture {
 protected:
  // Overwrites a part of the store, whose log is in it already.
  void overwrite(std::size_t offset, std::size_t size) {
    std::fstream file(store, std::ios::in | std::ios::out | std::ios::binary);
    file.seekp(static_cast<std::streamoff>(offset));
    file << std::string(size, '\xa5');
    ASSERT_TRUE(file.flush());
  }
  std::size_t number(const std::string& question) { return std::stoul(test::sql(store, question)); }
};

TEST_F(hawser_damage, a_damaged_page_of_any_table_is_summed_up) {
  fill_store(200);
  const std::size_t page = number("PRAGMA page_size");
  for (const char* table : {"stream", "outbox"}) {
    const std::string whole = store;
    store = folder / (std::string(table) + ".db");
    test::sql(whole, "VACUUM INTO '" + store + "'");
    const std::size_t root =
        number(std::string("SELECT rootpage FROM sqlite_master WHERE name = '") + table + "'");
    overwrite((root - 1) * page, page);
    const auto verify = run({"outbox", "verify", store});
    EXPECT_EQ(verify.code, 1) << table;
    ASSERT_EQ(verify.lines.size(), 1U) << table << verify.errors;
    EXPECT_THAT(verify.lines[0],
                AllOf(StartsWith(R"({"streams":)"),
                      HasSubstr(R"("first_broken":{"stream":"","seq":0,"what":")")));
    EXPECT_EQ(run({"outbox", "dump", store}).code, 1);
    store = whole;
  }
}

TEST_F(hawser_damage, each_damaged_row_is_named_on_a_line_of_its_own) {
  fill_store(3);
  test::sql(store,
            "UPDATE governor SET data = x'a0'; UPDATE applied SET answer = 'x' WHERE id = 1");
  const auto verify = run({"outbox", "verify", store});
  EXPECT_EQ(verify.code, 1);
  EXPECT_THAT(verify.lines, ElementsAre(HasSubstr(R"("broken":2,"first_broken":{"stream":"",)")));
  const std::string line = "hawser: " + store + ": broken: table ";
  EXPECT_THAT(verify.errors, HasSubstr(line + "governor, sid 1: its checksum does not match\n"));
  EXPECT_THAT(verify.errors, HasSubstr(line + "applied, sid 1, key '"));
}

TEST_F(hawser_damage, a_damaged_header_is_summed_up) {
  fill_store(1);
  test::sql(store, "PRAGMA wal_checkpoint(TRUNCATE)");
  overwrite(0, 50);
  const auto verify = run({"outbox", "verify", store});
  EXPECT_EQ(verify.code, 1);
  EXPECT_THAT(verify.lines,
              ElementsAre(AllOf(StartsWith(R"({"streams":0,"receipts":0,"broken":1,)"),
                                HasSubstr("not a database"))));
}

}  // namespace program_damage_test
}  // namespace hawser
