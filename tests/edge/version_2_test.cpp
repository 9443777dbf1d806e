// Stores of file version 2, as they lie on the disks of those who use them: opened by this program,
// verified, gone on with. What stands here in digits is on those disks; whoever changes how it is
// computed needs another file version.
#include <hawser/core/receipt/hlc.hpp>
#include <hawser/edge/event_json.hpp>

#include "edge/event_digest.hpp"
#include "support/rope_fixture.hpp"
#include "support/sql.hpp"
#include "support/version_2_stores.hpp"
#include "support/words.hpp"

namespace hawser {
namespace version_2_test {

using test::sql;
using test::to_hex;
using ::testing::HasSubstr;

constexpr std::uint64_t epoch = 18104819343131274880U;
constexpr std::uint64_t newest_hlc = 117693354960093186U;

// The receipts that wait: stream, number, and the hash of the whole chain up to it.
struct pending {
  std::uint32_t sid;
  std::uint64_t seq;
  const char* hash;
  const char* body;
};
constexpr pending all_pending[] = {
    {1, 5, "040a41843d89b6313e0afa6f3cce83f3a25840bd48d1c8fb10745a0ee4eab047",
     "88051b01a2217b96af00006b72657365745f71756f74616e71756f74615f6578636565646564666163746976656c6"
     "d"
     "616e75616c5f7265736574636b2d33a365757361676503666d65747269636563616c6c7366726561736f6e6962792"
     "0"
     "2268616e6422"},
    {1, 6, "e628235cc2146cacb1e0b602d904e8388d6381a2622118f76d867cb6a0c1732e",
     "88061b01a2217b96d200006c7265636f72645f757361676566616374697665666163746976656e75736167655f726"
     "5"
     "636f72646564636b2d34a5656c696d69740a6575736167650266616d6f756e7402666d65747269636563616c6c736"
     "7"
     "70657263656e7414"},
    {2, 3, "8e9eadb9e2ea1e877ac34fb8392a35c6a827d14f09cb4182cc3aab2b0defa47e",
     "88031b01a2217b96d200016c7265636f72645f757361676566616374697665666163746976656e75736167655f726"
     "5"
     "636f72646564636b2d35a5656c696d69741903e86575736167650766616d6f756e7407666d657472696366746f6b6"
     "5"
     "6e736770657263656e7400"},
    {2, 4, "0e2d532d53eff40f457858d06c538ee6e160ca6ab3bd0b1bdc14e1d3c0024980",
     "88041b01a2217b96d2000265706175736566616374697665667061757365646670617573656460a0"},
};

// What was answered to the events with a key, and the digest of each; in their order.
struct answered {
  const char* json;
  const char* digest;
};
constexpr answered all_answered[] = {
    {R"({"ok":true,"state":"active","answer":"configured","stream":"gw-7/quota/t-1/api","seq":2})",
     "ab619d8a5bc19f9b7678d68a263ae60f4f629ee45da51becc2b264c9314194b0"},
    {R"({"ok":true,"state":"active","answer":"recorded","usage":3,"limit":10,"percent":30,)"
     R"("stream":"gw-7/quota/t-1/api","seq":3})",
     "df4402644c6fbe9c861d7f65fe5666acdc535fff9e23f7edc53882ecee721529"},
    {R"({"ok":false,"error":"quota_exceeded","state":"quota_exceeded","amount":30,"usage":3,)"
     R"("limit":10,"percent":30,"stream":"gw-7/quota/t-1/api","seq":4})",
     "1e24f89f94179c5f0d750ea418e29a2fd1d644d8e873b0478e37dad8db6f257a"},
    {R"({"ok":true,"state":"active","answer":"configured","stream":"gw-7/quota/t-2/api","seq":2})",
     "d8d459752bd2fea68647e4fb3ce7de145b5ff27209036b0d95275d966c3e19bb"},
    {R"({"ok":true,"state":"active","answer":"reset","stream":"gw-7/quota/t-1/api","seq":5})",
     "8d7592c3b707ac7ddbe39e63c7bfc8e922809b11475d89fa2bb99130cb996913"},
    {R"({"ok":true,"state":"active","answer":"recorded","usage":2,"limit":10,"percent":20,)"
     R"("stream":"gw-7/quota/t-1/api","seq":6})",
     "08dd6c9ae872bafdf0bd56f0db6cb7350002b95bd61cdad4f77b70c64c300bfd"},
    {R"({"ok":true,"state":"active","answer":"recorded","usage":7,"limit":1000,"percent":0,)"
     R"("stream":"gw-7/quota/t-2/api","seq":3})",
     "1c532d9b3987d58521cf602b5d58be35984c89d5f46b401ac3d75bb3cab97eae"},
};

std::vector<governor::event> events() {
  std::vector<governor::event> all;
  std::istringstream lines(test::version_2_events);
  event_reader reader;
  for (std::string line; std::getline(lines, line);) all.push_back(reader.read(line).value());
  return all;
}

class version_2 : public test::rope_fixture {
 protected:
  version_2() {
    test::write_version_2_outbox(edge_opts.store);
    test::write_version_2_ledger(cloud_opts.ledger);
    clocks.leap(std::chrono::milliseconds(hlc_wall(newest_hlc) + 1000 - clocks.now()));
    edge_opts.clocks = clocks.get();
  }
  std::unique_ptr<outbox> open_store() {
    auto opened = take_words(open_outbox({.path = edge_opts.store, .device = "gw-7"}), error);
    EXPECT_TRUE(opened && !opened->moved_aside && !opened->lost) << error;
    return std::move(opened.value().store);
  }
  static audit_result verified(result<std::unique_ptr<receipt_archive>> archive) {
    const auto hash = make_sha256();
    return audit(*archive.value(), *hash, {}).value();
  }

  test::manual_clocks clocks;
};

TEST_F(version_2, stores_are_whole) {
  const auto outbox = verified(take_words(open_outbox_archive(edge_opts.store), error));
  EXPECT_EQ(outbox.broken, 0U);
  EXPECT_EQ(outbox.receipts, 10U);
  const auto ledger = verified(take_words(open_ledger_archive(cloud_opts.ledger), error));
  EXPECT_EQ(ledger.broken, 0U);
  EXPECT_EQ(ledger.receipts, 6U);
}

TEST_F(version_2, has_its_receipts_bit_for_bit) {
  const auto store = open_store();
  EXPECT_EQ(store->pending().value(), std::size(all_pending));
  EXPECT_EQ(store->last_hlc().value(), newest_hlc);
  const auto streams = store->streams().value();
  ASSERT_EQ(streams.size(), 2U);
  for (const stream_record& s : streams) {
    EXPECT_EQ(s.governor, "quota/t-" + std::to_string(s.sid) + "/api");
    EXPECT_EQ(s.epoch, epoch);
    EXPECT_EQ(s.acked, s.sid == 1 ? 4U : 2U);
    EXPECT_EQ(s.damage, "");
  }
  for (const pending& p : all_pending) {
    const auto row = store->read(p.sid, p.seq, 1, SIZE_MAX).value().at(0);
    EXPECT_EQ(row.seq, p.seq);
    EXPECT_EQ(to_hex(row.hash), p.hash);
    EXPECT_EQ(to_hex(row.body), p.body);
  }
  EXPECT_EQ(streams[0].last, (stream_head{6, store->hash_at(1, 6).value()}));
  EXPECT_EQ(streams[1].last, (stream_head{4, store->hash_at(2, 4).value()}));
}

TEST_F(version_2, answers_its_keys_again) {
  edge_opts.uplink.url = {};
  start_edge();
  std::size_t n = 0;
  for (governor::event e : events()) {
    if (e.key.empty()) continue;
    const std::string then = all_answered[n++].json;
    const std::string open = then.substr(0, then.size() - 1);
    const bool ok = then.starts_with(R"({"ok":true)");
    const answer same = ask(e);
    EXPECT_EQ(same.json, open + R"(,"repeated":true})");
    EXPECT_TRUE(same.ok == ok && same.repeated && !same.differs);
    EXPECT_EQ(same.error, ok ? "" : "quota_exceeded");
    e.params.emplace_back("more", std::int64_t{1});
    const answer other = ask(e);
    EXPECT_EQ(other.json, open + R"(,"repeated":true,"differs":true})");
    EXPECT_TRUE(other.ok == ok && other.repeated && other.differs);
  }
  EXPECT_EQ(n, std::size(all_answered));
  EXPECT_EQ(node->pending(), std::size(all_pending));
}

TEST_F(version_2, goes_on_from_the_edge_to_the_ledger) {
  start_cloud();
  start_edge();
  const auto used = ask(test::use("t-1/api", 4, "k-6"));
  EXPECT_EQ(used.json,
            R"({"ok":true,"state":"active","answer":"recorded","usage":6,"limit":10,"percent":60,)"
            R"("stream":"gw-7/quota/t-1/api","seq":7})");
  EXPECT_EQ(
      ask(test::quota_event("t-2/api", "resume", {})).json,
      R"({"ok":true,"state":"active","answer":"resumed","stream":"gw-7/quota/t-2/api","seq":5})");
  clocks.advance(std::chrono::hours(1));  // The window ends: its timer was in the file.
  EXPECT_THAT(ask(test::usage_of("t-1/api")).json, HasSubstr(R"("current":0)"));
  drain();
  const auto v = ledger();
  EXPECT_EQ(v.found.broken, 0U);
  EXPECT_EQ(v.found.streams, 2U) << "the streams that it had";
  EXPECT_EQ(v.keys.at("quota/t-1/api"), (std::vector<std::string>{"k-1", "k-2", "k-4", "k-6"}));
  EXPECT_EQ(v.keys.at("quota/t-2/api"), (std::vector<std::string>{"k-5"}));
  EXPECT_EQ(edge_log->count("ALARM"), 0U) << edge_log->all();
  EXPECT_EQ(cloud_log->count("ALARM"), 0U) << cloud_log->all();
}

TEST_F(version_2, ledger_takes_the_next_receipts) {
  const auto store = open_store();
  const auto l = take_words(open_ledger({.path = cloud_opts.ledger}), error).value();
  EXPECT_EQ(l->alarm() + l->notice(), "");
  for (const stream_record& s : store->streams().value()) {
    const stream_key key{"gw-7", s.governor, s.epoch};
    const auto known = l->find(key).value();
    ASSERT_TRUE(known) << s.governor;
    EXPECT_EQ(known->head, (stream_head{s.acked, store->hash_at(s.sid, s.acked).value()}));
    const auto rows = store->read(s.sid, s.acked + 1, SIZE_MAX, SIZE_MAX).value();
    ASSERT_TRUE(l->begin());
    const auto r = l->append({key, known->head, rows});
    EXPECT_EQ(r.value().status, append_status::committed);
    EXPECT_EQ(r.value().head, s.last);
    ASSERT_TRUE(l->commit());
  }
}

// --- what is on the disk is computed as ever

TEST_F(version_2, digests_of_events_are_those_on_disk) {
  const auto hash = make_sha256();
  std::size_t n = 0;
  for (const governor::event& e : events()) {
    if (e.key.empty()) continue;
    EXPECT_EQ(to_hex(event_digest(*hash, e)), all_answered[n++].digest) << e.key;
  }
  // By the file's own rows.
  EXPECT_EQ(sql(edge_opts.store, "SELECT group_concat(lower(hex(event)), '') FROM applied"), [] {
    std::string all;
    for (const answered& a : all_answered) all += a.digest;
    return all;
  }());
}

TEST_F(version_2, checksums_of_rows_are_those_on_disk) {
  const auto sum = [this](const std::string& values) {
    return sql(folder / "any.db", "SELECT hawser_sum(" + values + ")");
  };
  test::set_file_content(folder / "any.db", "");
  EXPECT_EQ(sum(""), "-3750763034362895579");
  EXPECT_EQ(sum("NULL"), "-5808596455572525216");
  EXPECT_EQ(sum("0"), "5952119183343170476");
  EXPECT_EQ(sum("-1"), "7520123224966509604");
  EXPECT_EQ(sum("''"), "8750168172674097106");
  EXPECT_EQ(sum("x''"), "-7468326337507995277");
  EXPECT_EQ(sum("'caf\xc3\xa9'"), "-3501728475568240069");
  EXPECT_EQ(sum("x'00ff'"), "-3146190999750931084");
  EXPECT_EQ(sum("1, 'quota/a', x'00ff', NULL"), "2720890152262709509");
  EXPECT_EQ(sql(edge_opts.store, "SELECT group_concat(sum) FROM (SELECT sum FROM applied)"),
            "-3149697831592026610,-2663000792813168515,3122478229219692478,-2880006519616798412,"
            "3639006807008360475,-8733117326289640527,3840212661184246059");
  EXPECT_EQ(sql(edge_opts.store,
                "SELECT group_concat(hawser_sum(sid, state, data, timers) = sum) "
                "FROM governor"),
            "1,1");
}

}  // namespace version_2_test
}  // namespace hawser
