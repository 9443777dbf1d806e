// Tables and triggers that are not ours in a store: found before anything is answered for.
#include "support/edge_driver.hpp"
#include "support/outbox_fixture.hpp"
#include "support/sql.hpp"
#include "support/words.hpp"

namespace hawser {
namespace foreign_schema_test {

using test::receipt_chain;
using test::sql;
using ::testing::HasSubstr;

// What is done to a store's schema. `@` stands for the one that has the receipts.
struct change {
  const char* name;
  const char* statement;
  const char* why;    // empty: it is accepted
  store_errc outbox;  // what opening it answers; none: it is moved aside

  friend void PrintTo(const change& c, std::ostream* out) { *out << c.name; }
};

constexpr const char* rewrite =
    "PRAGMA writable_schema = 1; UPDATE sqlite_schema SET sql = replace(sql, 'seq INTEGER NOT "
    "NULL', "
    "'seq  INTEGER NOT NULL') WHERE name = '@'; PRAGMA schema_version = 99";

const change changes[] = {
    {"ignoring_trigger", "CREATE TRIGGER eater BEFORE INSERT ON @ BEGIN SELECT RAISE(IGNORE); END",
     "foreign trigger: eater", store_errc::failed},
    {"deleting_trigger", "CREATE TRIGGER eater AFTER INSERT ON @ BEGIN DELETE FROM @; END",
     "foreign trigger: eater", store_errc::failed},
    {"trigger_on_another_table",
     "CREATE TRIGGER eater AFTER UPDATE ON stream BEGIN DELETE FROM @; END",
     "foreign trigger: eater", store_errc::failed},
    {"view", "CREATE VIEW report AS SELECT * FROM @", "foreign view: report", store_errc::failed},
    {"table", "CREATE TABLE notes(a)", "foreign table: notes", store_errc::failed},
    {"index", "CREATE INDEX faster ON @(hash)", "foreign index: faster", store_errc::failed},
    {"virtual_table", "CREATE VIRTUAL TABLE words USING fts5(a)", "foreign table: words",
     store_errc::failed},
    {"rewritten", rewrite, "changed table: @", store_errc{}},
    {"added_column", "ALTER TABLE @ ADD COLUMN more INTEGER", "changed table: @", store_errc{}},
    {"index_gone", "DROP INDEX @_seq", "no such index: @_seq", store_errc{}},
    {"analyzed", "ANALYZE", "", store_errc{}},
    {"vacuumed", "VACUUM", "", store_errc{}},
};

std::string with_table(std::string text, const std::string& table) {
  for (std::size_t at = 0; (at = text.find('@', at)) != std::string::npos;) {
    text.replace(at, 1, table);
  }
  return text;
}

class foreign_schema : public test::outbox_fixture, public ::testing::WithParamInterface<change> {
 protected:
  void apply(const std::string& path, const std::string& table) {
    sql(path, with_table(GetParam().statement, table));
    why = with_table(GetParam().why, table);
  }
  std::string why;
};

INSTANTIATE_TEST_SUITE_P(changes, foreign_schema, ::testing::ValuesIn(changes),
                         [](const auto& of) { return of.param.name; });

TEST_P(foreign_schema, of_an_outbox_is_found_when_it_is_opened_and_verified) {
  {
    const auto store = open_store();
    receipt_chain chain = new_stream(*store, "quota/a");
    add(*store, 1, chain, 3);
  }
  apply(options.path, "outbox");
  const auto damage =
      take_words(open_outbox_archive(options.path), error).value()->damage().value();
  EXPECT_EQ(damage.value_or(""), why);
  const auto opened = take_words(open_outbox(options), error);
  if (why.empty()) {
    ASSERT_TRUE(opened) << error;
    EXPECT_FALSE(opened->moved_aside);
  } else if (GetParam().outbox == store_errc{}) {
    ASSERT_TRUE(opened) << error;
    EXPECT_THAT(opened->moved_aside.value().why, HasSubstr(why));
  } else {
    EXPECT_EQ(opened.error(), GetParam().outbox);
    EXPECT_THAT(error, HasSubstr(why));
  }
}

TEST_P(foreign_schema, of_a_ledger_is_found_when_it_is_opened_and_verified) {
  ASSERT_TRUE(take_words(open_ledger({.path = options.path}), error)) << error;
  apply(options.path, "receipt");
  const auto damage =
      take_words(open_ledger_archive(options.path), error).value()->damage().value();
  EXPECT_EQ(damage.value_or(""), why);
  const auto opened = take_words(open_ledger({.path = options.path}), error);
  if (why.empty()) {
    EXPECT_TRUE(opened) << error;
  } else {
    EXPECT_EQ(opened.error(),
              GetParam().outbox == store_errc{} ? store_errc::corrupt : store_errc::failed);
    EXPECT_THAT(error, HasSubstr(why));
  }
}

// By another connection, as of another program.
TEST_P(foreign_schema, that_comes_while_a_ledger_is_in_use_is_found_before_the_next_group) {
  const auto l = *take_words(open_ledger({.path = options.path}), error);
  receipt_chain chain({"gw-7", "quota/a", 1});
  const auto append = [&]() -> result<void> {
    receipt_chain next = chain;
    const auto rows = next.next_batch(3);
    if (auto r = l->begin(); !r) return r;
    const auto done = l->append({chain.key(), chain.head(), rows});
    if (done) chain = next;
    return done ? l->commit() : result<void>(done.error());
  };
  ASSERT_TRUE(append());
  apply(options.path, "receipt");
  if (why.empty()) {
    EXPECT_TRUE(append()) << l->last_error();
    return;
  }
  EXPECT_FALSE(append());
  EXPECT_THAT(l->last_error(), HasSubstr(why));
  EXPECT_FALSE(append()) << "and not only once";
  EXPECT_EQ(l->find(chain.key()).value()->head, chain.head()) << "nothing of it was written";
}

class foreign_trigger : public test::outbox_fixture {};

TEST_F(foreign_trigger, ends_an_edge_only_until_it_is_dropped) {
  edge node({.device = "gw-7", .store = options.path});
  ASSERT_TRUE(take_words(node.start(), error)) << error;
  ASSERT_TRUE(test::ask(node, test::set_quota("a")).ok);
  sql(options.path, "CREATE TRIGGER eater BEFORE INSERT ON outbox BEGIN SELECT RAISE(IGNORE); END");
  for (int i = 0; i < 3; ++i) {
    EXPECT_EQ(test::ask(node, test::use("a")).error, "store_failed");
  }
  sql(options.path, "DROP TRIGGER eater");
  EXPECT_THAT(test::ask(node, test::use("a")).json, HasSubstr(R"("usage":1,)"));
}

}  // namespace foreign_schema_test
}  // namespace hawser
