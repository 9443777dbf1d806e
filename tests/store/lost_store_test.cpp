// A store that is gone although FILE.id says that it was here: told, on record, or refused.
#include <hawser/cloud/cloud.hpp>
#include <hawser/core/receipt/receipt_json.hpp>

#include "support/edge_driver.hpp"
#include "support/file_content.hpp"
#include "support/outbox_fixture.hpp"
#include "support/sql.hpp"
#include "support/words.hpp"

#include <map>

namespace hawser {
namespace lost_store_test {

namespace fs = std::filesystem;
using test::file_content;
using test::receipt_chain;
using test::set_file_content;
using test::sql;
using ::testing::HasSubstr;

class lost_store : public test::outbox_fixture {
 protected:
  /// A closed outbox with some receipts.
  void make_store(int receipts = 10) {
    const auto store = open_store();
    receipt_chain chain = new_stream(*store, "quota/a");
    add(*store, 1, chain, receipts);
  }
  /// As the file says it.
  std::uint64_t epoch() const {
    return static_cast<std::uint64_t>(
        std::stoll(sql(options.path, "SELECT value FROM meta WHERE key = 'epoch'")));
  }
  void remove_store() {
    for (const char* suffix : {"", "-wal", "-shm"}) fs::remove(options.path + suffix);
  }
  void empty_store() {
    remove_store();
    set_file_content(options.path, "");
  }
  void expect_refused(const std::string& why) {
    const auto before = folder_content();
    const auto opened = take_words(open_outbox(options), error);
    ASSERT_FALSE(opened);
    EXPECT_EQ(opened.error(), errc::invalid_option);
    EXPECT_THAT(error, HasSubstr(why));
    EXPECT_EQ(folder_content(), before) << "nothing is made";
  }
  std::map<std::string, std::string> folder_content() const {
    std::map<std::string, std::string> all;
    for (const auto& f : fs::directory_iterator(folder.path())) {
      all[f.path().filename()] = file_content(f.path());
    }
    return all;
  }
  edge_options edge_of(std::shared_ptr<log_sink> log) const {
    edge_options e;
    e.device = options.device;
    e.store = options.path;
    e.log = std::move(log);
    return e;
  }

  const std::string id = options.path + ".id";
};

TEST_F(lost_store, has_a_proof_beside_it_from_the_start) {
  const auto store = open_store();
  EXPECT_THAT(file_content(id), HasSubstr("epoch " + std::to_string(epoch()) + "\n"));
  EXPECT_THAT(file_content(id), HasSubstr("kind outbox\n"));
  EXPECT_THAT(file_content(id), HasSubstr("device\ngw-7\n"));
  EXPECT_THAT(file_content(id), HasSubstr("log none\n"));
  receipt_chain chain = new_stream(*store, "quota/a");
  EXPECT_THAT(file_content(id), HasSubstr("log in use\n"));
  add(*store, 1, chain, 7);
  EXPECT_THAT(file_content(id), HasSubstr("receipts 7\n"));
}

TEST_F(lost_store, has_a_proof_that_names_no_log_after_a_clean_end) {
  make_store();
  EXPECT_THAT(file_content(id), HasSubstr("log none\n"));
  EXPECT_FALSE(fs::exists(options.path + "-wal"));
}

TEST_F(lost_store, of_a_program_of_before_gets_a_proof_when_it_is_opened) {
  make_store();
  fs::remove(id);
  EXPECT_FALSE(open().lost);
  EXPECT_THAT(file_content(id), HasSubstr("epoch " + std::to_string(epoch())));
}

TEST_F(lost_store, is_not_begun_where_the_proof_cannot_be_written) {
  fs::create_directory(id + ".new");
  EXPECT_EQ(take_words(open_outbox(options), error).error(), store_errc::failed);
  EXPECT_THAT(error, HasSubstr("edge.db.id.new: Is a directory"));
}

TEST_F(lost_store, is_told_until_a_receipt_is_on_disk_and_then_never_again) {
  for (const bool empty : {false, true}) {
    SCOPED_TRACE(empty);
    make_store();
    const auto old = epoch();
    const std::string proof = file_content(id).substr(0, 512);
    if (empty) empty_store();
    if (!empty) remove_store();
    for (int i = 0; i < 3; ++i) {
      const auto opened = open();
      ASSERT_TRUE(opened.lost);
      EXPECT_FALSE(opened.moved_aside);
      EXPECT_EQ(opened.lost->epoch, old);
      if (i == 0) {
        EXPECT_THAT(opened.lost->why, HasSubstr(empty ? "edge.db: is empty" : "edge.db: is gone"));
      }
      EXPECT_TRUE(opened.store->streams().value().empty());
      EXPECT_EQ(file_content(id).substr(0, 512), proof);
    }
    {
      auto opened = open();
      receipt_chain device = new_stream(*opened.store, "device");
      EXPECT_THAT(file_content(id), HasSubstr("epoch " + std::to_string(device.key().epoch)));
    }
    EXPECT_NE(epoch(), old);
    auto again = open();
    EXPECT_FALSE(again.lost);
    EXPECT_EQ(again.store->alarm(), "");
    again.store.reset();
    remove_store();
    fs::remove(id);
  }
}

TEST_F(lost_store, begins_with_a_reset_receipt_and_an_error_line) {
  make_store();
  const auto old = std::to_string(epoch());
  remove_store();
  for (int start = 0; start < 2; ++start) {
    const auto log = std::make_shared<test::line_log>();
    edge node(edge_of(log));
    ASSERT_TRUE(take_words(node.start(), error)) << error;
    EXPECT_EQ(node.pending(), 1U) << "one reset";
    EXPECT_EQ(log->count("outbox is lost"), start == 0 ? 1U : 0U) << log->all();
  }
  const auto store = open_store();
  const auto device = store->streams().value().at(0);
  EXPECT_EQ(device.governor, "device");
  const auto reset = decode_receipt(store->read(1, 1, 9, 9'999).value().at(0).body).value();
  EXPECT_EQ(reset.event, "reset");
  EXPECT_EQ(reset.reason, "new_store");
  const std::string json = to_json(reset, {"gw-7", "device", device.epoch});
  EXPECT_THAT(json, HasSubstr("\"epoch\":\"" + old + "\""));
  EXPECT_THAT(json, HasSubstr("edge.db: is gone"));
}

// The receipt is on disk, FILE.id still names the old store.
TEST_F(lost_store, that_is_on_record_is_not_told_again_after_a_crash_in_between) {
  make_store();
  const std::string old_id = file_content(id);
  remove_store();
  {
    auto opened = open();
    receipt_chain device = new_stream(*opened.store, "device");
    add(*opened.store, 1, device, 1);
  }
  set_file_content(id, old_id);
  auto again = open();
  EXPECT_FALSE(again.lost);
  EXPECT_EQ(again.store->alarm(), "");
  EXPECT_THAT(file_content(id), HasSubstr("epoch " + std::to_string(epoch())));
}

TEST_F(lost_store, is_not_taken_for_one_that_was_moved_aside_before_it) {
  make_store();
  sql(options.path, "DROP INDEX applied_age");
  {
    auto opened = open();
    ASSERT_TRUE(opened.moved_aside);
    new_stream(*opened.store, "device");
  }
  const auto second = epoch();
  remove_store();
  const auto opened = open();
  EXPECT_FALSE(opened.moved_aside);
  ASSERT_TRUE(opened.lost);
  EXPECT_EQ(opened.lost->epoch, second);
}

TEST_F(lost_store, that_was_moved_aside_is_told_as_such_where_the_new_one_is_not_there_yet) {
  make_store();
  remove(id.c_str());
  open_store();
  fs::rename(options.path, options.path + ".corrupt-1");
  const auto opened = open();
  EXPECT_FALSE(opened.lost);
  EXPECT_TRUE(opened.moved_aside);
}

TEST_F(lost_store, of_another_device_is_refused) {
  make_store();
  remove_store();
  options.device = "gw-8";
  expect_refused("edge.db.id: is of the outbox of device 'gw-7', not of 'gw-8'");
}

TEST_F(lost_store, whose_place_another_one_has_is_told) {
  make_store();
  const std::string old_id = file_content(id);
  remove_store();
  fs::remove(id);
  make_store();
  set_file_content(id, old_id);
  auto opened = open();
  EXPECT_FALSE(opened.lost);
  EXPECT_THAT(opened.store->alarm(), HasSubstr("edge.db: is another store than the one that was"));
  opened.store.reset();
  EXPECT_EQ(open().store->alarm(), "") << "once";
}

TEST_F(lost_store, that_is_an_older_copy_is_told) {
  make_store();
  fs::copy(options.path, folder / "copy");
  {
    const auto store = open_store();
    receipt_chain chain = new_stream(*store, "quota/b");
    add(*store, 2, chain, 5);
  }
  fs::remove(options.path);
  fs::copy(folder / "copy", options.path);
  const auto log = std::make_shared<test::line_log>();
  edge node(edge_of(log));
  ASSERT_TRUE(take_words(node.start(), error)) << error;
  EXPECT_THAT(log->all(), HasSubstr("ALARM outbox: " + options.path +
                                    ": has 10 receipts and had 15: it is an older copy"));
}

TEST_F(lost_store, whose_proof_is_damaged_costs_nothing_but_its_epoch) {
  make_store();
  const std::string whole = file_content(id);
  for (std::size_t at = 0; at < whole.size(); at += 3) {
    std::string damaged = whole;
    damaged[at] = static_cast<char>(damaged[at] ^ 1);
    if (at % 2 == 0) damaged.resize(at);
    set_file_content(id, damaged);
    EXPECT_FALSE(open().lost);
    EXPECT_THAT(file_content(id), HasSubstr("epoch " + std::to_string(epoch())));
  }
  set_file_content(id, "");
  auto opened = open();
  EXPECT_THAT(opened.store->alarm(), HasSubstr("edge.db.id: cannot be read"));
  opened.store.reset();
  set_file_content(id, "something else");
  remove_store();
  const auto begun = open();
  ASSERT_TRUE(begun.lost);
  EXPECT_EQ(begun.lost->epoch, std::nullopt);
}

// --- require_store ------------------------------------------------------------------------------

TEST_F(lost_store, is_refused_where_one_is_required) {
  options.require_store = true;
  expect_refused("edge.db.id: is not there");
  options.require_store = false;
  make_store();
  options.require_store = true;
  EXPECT_TRUE(take_words(open_outbox(options), error)) << error;
  fs::copy(options.path, folder / "kept");
  remove_store();
  expect_refused("edge.db: is gone or empty");
  empty_store();
  expect_refused("edge.db: is gone or empty");
  fs::remove(options.path);
  fs::rename(folder / "kept", options.path);
  EXPECT_TRUE(take_words(open_outbox(options), error)) << error;
  fs::remove(id);
  expect_refused("edge.db.id: is not there");
}

TEST_F(lost_store, that_was_moved_aside_is_begun_anew_also_where_one_is_required) {
  make_store();
  options.require_store = true;
  sql(options.path, "DROP INDEX applied_age");
  EXPECT_TRUE(open().moved_aside);
  remove_store();  // as if the new one had not been made
  EXPECT_TRUE(open().moved_aside);
}

TEST_F(lost_store, is_refused_by_an_edge_that_requires_one) {
  edge_options e = edge_of(nullptr);
  e.require_store = true;
  edge node(e);
  EXPECT_EQ(take_words(node.start(), error).error(), errc::invalid_option);
  EXPECT_THAT(error, HasSubstr("edge.db.id: is not there"));
}

// --- the ledger ---------------------------------------------------------------------------------

class lost_ledger : public lost_store {
 protected:
  void make_ledger(int count = 5) {
    const auto l = take_words(open_ledger(ledger), error).value();
    const stream_head before = chain.head();
    const auto rows = chain.next_batch(static_cast<std::size_t>(count));
    ASSERT_TRUE(l->begin());
    ASSERT_TRUE(l->append({chain.key(), before, rows}));
    ASSERT_TRUE(l->commit());
    EXPECT_THAT(file_content(ledger.path + ".id"), HasSubstr("log in use"));
  }

  ledger_options ledger{.path = folder / "ledger.db"};
  receipt_chain chain{{"gw-7", "quota/a", 1}};
};

TEST_F(lost_ledger, is_begun_anew_with_an_alarm_told_once) {
  for (const bool empty : {false, true}) {
    chain = receipt_chain({"gw-7", "quota/a", 1});
    make_ledger();
    EXPECT_THAT(file_content(ledger.path + ".id"), HasSubstr("kind ledger\nlog none\n"));
    EXPECT_EQ(take_words(open_ledger(ledger), error).value()->alarm(), "");
    fs::remove(ledger.path);
    if (empty) set_file_content(ledger.path, "");
    {
      const auto log = std::make_shared<test::line_log>();
      cloud_options c;
      c.ledger = ledger.path;
      c.log = log;
      cloud node(c);
      ASSERT_EQ(words_of(node.start()), "");
      EXPECT_EQ(log->count("ALARM ledger: " + ledger.path + ": is gone or empty"), 1U)
          << log->all();
    }
    EXPECT_EQ(take_words(open_ledger(ledger), error).value()->alarm(), "");
    fs::remove(ledger.path);
    fs::remove(ledger.path + ".id");
  }
}

TEST_F(lost_ledger, that_is_an_older_copy_is_told) {
  make_ledger();
  fs::copy(ledger.path, folder / "copy");
  make_ledger(3);
  fs::remove(ledger.path);
  fs::copy(folder / "copy", ledger.path);
  EXPECT_THAT(take_words(open_ledger(ledger), error).value()->alarm(),
              HasSubstr("ledger.db: has 5 receipts and had 8"));
}

TEST_F(lost_ledger, whose_log_is_there_is_refused_and_nothing_touched) {
  const auto l = take_words(open_ledger(ledger), error).value();
  const std::string name = folder / "x.db";
  ASSERT_TRUE(l->begin());
  ASSERT_TRUE(l->append({chain.key(), chain.head(), receipt_chain(chain).next_batch(3)}));
  ASSERT_TRUE(l->commit());
  test::copy_store(ledger.path, name);
  fs::resize_file(name, 0);
  const auto before = file_content(name + "-wal");
  EXPECT_EQ(take_words(open_ledger({.path = name}), error).error(), store_errc::corrupt);
  EXPECT_THAT(error, HasSubstr("x.db: is gone or empty, its log is not"));
  EXPECT_THAT(error, HasSubstr("to begin anew, move its -wal and " + name + ".id away"));
  fs::remove(name);
  EXPECT_EQ(take_words(open_ledger({.path = name}), error).error(), store_errc::corrupt);
  EXPECT_EQ(file_content(name + "-wal"), before);
  EXPECT_FALSE(fs::exists(name));
}

TEST_F(lost_ledger, is_refused_where_one_is_required) {
  ledger.require_store = true;
  const auto refused = [&](const char* why) {
    const auto before = folder_content();
    EXPECT_EQ(take_words(open_ledger(ledger), error).error(), errc::invalid_option);
    EXPECT_THAT(error, HasSubstr(why));
    EXPECT_EQ(folder_content(), before) << "nothing is made";
    cloud_options c;
    c.ledger = ledger.path;
    c.require_store = true;
    EXPECT_EQ(cloud(c).start().error().code, errc::invalid_option);
  };
  refused("ledger.db.id: is not there");
  ledger.require_store = false;
  make_ledger();
  ledger.require_store = true;
  EXPECT_TRUE(take_words(open_ledger(ledger), error)) << error;
  fs::rename(ledger.path, folder / "kept");
  refused("ledger.db: is gone or empty");
  fs::rename(folder / "kept", ledger.path);
  fs::remove(ledger.path + ".id");
  refused("ledger.db.id: is not there");
}

}  // namespace lost_store_test
}  // namespace hawser
