#include <hawser/core/receipt/audit.hpp>

#include "support/fake_hasher.hpp"

#include <gtest/gtest.h>

#include <map>

namespace hawser {
namespace audit_test {

using test::fake_chain;
using test::fake_hasher;

struct memory_archive final : receipt_archive {
  result<std::optional<std::string>> damage() override { return file_damage; }
  result<std::vector<stored_stream>> streams() override {
    if (fail_streams) return failure;
    return list;
  }
  result<receipt_slice> read(const stream_key& key, std::uint64_t after) override {
    ++reads;
    if (meanwhile) meanwhile();
    if (fail_scan && key.governor == "quota/a" && (after > 0 || rows[key].empty())) return failure;
    receipt_slice out;
    for (const stored_stream& s : list) {
      if (s.key == key) out = {s.base, s.last, {}};
    }
    // A row that comes twice is out of order whatever it is behind.
    for (const chained_receipt& r : rows[key]) {
      if (r.seq > after && out.receipts.size() < slice) out.receipts.push_back(r);
    }
    if (fail_scan && key.governor == "quota/a") out.receipts.resize(1);
    return out;
  }

  std::vector<chained_receipt>& add(const stream_key& key, std::uint64_t count) {
    fake_hasher h;
    auto& chain = rows[key] = fake_chain(key, count);
    const stream_head origin{0, chain_origin(h, key)};
    list.push_back({key, origin, chain.empty() ? origin : stream_head{count, chain.back().hash}});
    return chain;
  }

  result<std::vector<breakage>> damaged_rows() override { return row_damage; }

  std::optional<std::string> file_damage;
  std::vector<breakage> row_damage;
  std::string last_error() const override { return said; }

  bool fail_streams = false, fail_scan = false;
  store_errc failure = store_errc::failed;
  std::string said;
  std::size_t slice = 100;
  int reads = 0;
  std::function<void()> meanwhile;  // what the owner does before a slice is read
  std::vector<stored_stream> list;
  std::map<stream_key, std::vector<chained_receipt>> rows;
};

const stream_key a{"gw", "quota/a", 1}, b{"gw", "quota/b", 1};

struct audited : ::testing::Test {
  // Expects exactly one broken stream, and says where.
  void expect_break(std::uint64_t seq, const std::string& what) {
    const auto r = run();
    EXPECT_EQ(r.broken, 1u);
    ASSERT_TRUE(r.first_broken);
    EXPECT_EQ(r.first_broken->stream, "gw/quota/a");
    EXPECT_EQ(r.first_broken->seq, seq);
    EXPECT_EQ(r.first_broken->what, what);
    // Nothing unverified is shown.
    for (const std::uint64_t shown : seen)
      EXPECT_TRUE(shown < seq || what.starts_with("the ")) << shown;
  }
  audit_result run() {
    seen.clear();
    return *audit(archive, h, [&](const stored_stream& s, const receipt& r) {
      if (s.key == a) seen.push_back(r.seq);
    });
  }
  memory_archive archive;
  fake_hasher h;
  std::vector<std::uint64_t> seen;
};

TEST_F(audited, intact_chains_are_walked_to_their_heads) {
  archive.add(a, 3);
  archive.add(b, 0);
  const auto r = run();
  EXPECT_EQ(r.streams, 2u);
  EXPECT_EQ(r.receipts, 3u);
  EXPECT_EQ(r.broken, 0u);
  EXPECT_FALSE(r.first_broken);
  EXPECT_EQ(seen, (std::vector<std::uint64_t>{1, 2, 3}));
  EXPECT_EQ(audit(archive, h, {})->receipts, 3u);  // nobody looks
}

TEST_F(audited, a_chain_may_begin_at_a_base) {
  auto& chain = archive.add(a, 5);
  archive.list[0].base = {2, chain[1].hash};
  chain.erase(chain.begin(), chain.begin() + 2);
  EXPECT_EQ(run().broken, 0u);
  archive.list[0].base.hash = {};
  expect_break(3, "hash does not follow from the one before");
}

TEST_F(audited, damaged_rows_are_counted_one_by_one_and_a_stream_once) {
  archive.add(a, 3);
  archive.add(b, 3)[1].hash = {};
  archive.row_damage = {{"gw/quota/a", 0, "row a", a}, {"gw/quota/a", 0, "row a again", a},
                        {"gw/quota/b", 0, "row b", b}, {"gw/quota/x", 0, "row x", {"gw", "x", 1}},
                        {"", 0, "governor 1"},         {"", 0, "governor 2"}};
  const auto r = run();
  std::vector<std::string> told;
  for (const breakage& found : r.breaks) told.push_back(found.what);
  EXPECT_EQ(told, (std::vector<std::string>{"governor 1", "governor 2", "row a",
                                            "hash does not follow from the one before", "row x"}));
  EXPECT_EQ(r.broken, 5u);
  EXPECT_EQ(r.first_broken->what, "governor 1");
  archive.row_damage.assign(200, {"", 0, "governor"});
  EXPECT_EQ(run().broken, 201u);
  EXPECT_EQ(run().breaks.size(), 100u);
}

TEST_F(audited, a_changed_body_is_found_and_the_next_stream_is_walked) {
  archive.add(a, 5)[2].body.back() = std::byte{0xa1};
  archive.add(b, 2);
  expect_break(3, "receipt cannot be read");
  EXPECT_EQ(run().receipts, 2u + 2u);
}

TEST_F(audited, a_readable_but_changed_body_is_found) {
  auto& chain = archive.add(a, 5);
  auto changed = *decode_receipt(chain[2].body);
  changed.event = "forged";
  chain[2].body = encode(changed);
  expect_break(3, "hash does not follow from the one before");
}

TEST_F(audited, a_changed_hash_is_found) {
  archive.add(a, 5)[4].hash[31] ^= std::byte{1};
  expect_break(5, "hash does not follow from the one before");
}

TEST_F(audited, a_missing_receipt_is_found_in_the_middle_and_at_the_end) {
  auto& chain = archive.add(a, 5);
  const auto whole = chain;
  chain.erase(chain.begin() + 1);
  expect_break(2, "receipt missing");
  chain = whole;
  chain.pop_back();
  expect_break(5, "receipt missing");
}

TEST_F(audited, receipts_out_of_order_or_above_the_head_are_found) {
  auto& chain = archive.add(a, 3);
  chain.push_back(chain.back());
  expect_break(4, "receipt out of order");
  chain = fake_chain(a, 4);
  expect_break(4, "receipt above the head");
}

TEST_F(audited, a_row_whose_receipt_has_another_number_is_found) {
  auto& chain = archive.add(a, 3);
  chain[1].body = chain[0].body;
  expect_break(2, "receipt says it is number 1");
}

TEST_F(audited, wrong_heads_and_origins_are_found) {
  archive.add(a, 3);
  archive.list[0].last.hash = {};
  expect_break(3, "the head's hash is not the chain's");
  archive.list[0].base.hash = {};
  expect_break(0, "the base is not the origin of the chain");
  archive.list[0].base.seq = 4;
  expect_break(4, "the base is behind the head");
}

TEST_F(audited, file_damage_counts_as_one_and_comes_first) {
  archive.add(a, 3).pop_back();
  archive.file_damage = "row 3 missing from index";
  const auto r = run();
  EXPECT_EQ(r.broken, 2u);
  EXPECT_EQ(r.first_broken->stream, "");
  EXPECT_EQ(r.first_broken->what, "row 3 missing from index");
}

TEST_F(audited, a_chain_is_read_in_slices) {
  archive.add(a, 7);
  archive.slice = 3;
  EXPECT_EQ(run().receipts, 7u);
  EXPECT_EQ(archive.reads, 4) << "the last one says that there is no more";
  archive.rows[a][4].hash[0] ^= std::byte{1};
  expect_break(5, "hash does not follow from the one before");
}

TEST_F(audited, what_comes_meanwhile_is_left_out) {
  archive.add(a, 4);
  archive.slice = 2;
  archive.meanwhile = [this] {
    archive.rows[a] = fake_chain(a, 9);
    archive.list[0].last = {9, archive.rows[a].back().hash};
  };
  const auto r = run();
  EXPECT_EQ(r.broken, 0u);
  EXPECT_EQ(seen, (std::vector<std::uint64_t>{1, 2, 3, 4}));
}

TEST_F(audited, what_its_owner_deletes_meanwhile_is_no_damage) {
  for (const std::uint64_t gone : {3u, 6u}) {  // up to there; 6 is the head
    archive.list.clear();
    const auto chain = archive.add(a, 6);
    archive.slice = 2;
    archive.meanwhile = [&, turn = 0]() mutable {
      if (++turn != 2) return;
      archive.list[0].base = {gone, chain[gone - 1].hash};
      std::erase_if(archive.rows[a], [&](const auto& row) { return row.seq <= gone; });
    };
    const auto r = run();
    EXPECT_EQ(r.broken, 0u) << (r.first_broken ? r.first_broken->what : "");
    EXPECT_EQ(seen.size(), 2 + 6 - gone);
  }
}

TEST_F(audited, rows_before_the_base_are_found) {
  const auto& chain = archive.add(a, 5);
  archive.list[0].base = {2, chain[1].hash};
  expect_break(3, "receipt out of order");
}

TEST_F(audited, a_break_says_whose_it_is) {
  archive.add(a, 3).pop_back();
  EXPECT_EQ(run().first_broken->key, a);
}

TEST_F(audited, a_stream_that_cannot_be_read_is_broken_there_and_the_next_one_is_walked) {
  archive.add(a, 5);
  archive.add(b, 2);
  archive.fail_scan = true;
  archive.failure = store_errc::corrupt;
  expect_break(2, "the store is corrupt");
  archive.said = "page 7 is malformed";
  expect_break(2, "page 7 is malformed");
  EXPECT_EQ(run().streams, 2u);
  EXPECT_EQ(run().receipts, 1u + 2u);
}

TEST_F(audited, streams_that_cannot_be_listed_are_damage_of_the_file) {
  archive.fail_streams = true;
  archive.failure = store_errc::corrupt;
  archive.said = "page 2 is malformed";
  auto r = run();
  EXPECT_EQ(r.broken, 1u);
  EXPECT_EQ(r.first_broken->stream, "");
  EXPECT_EQ(r.first_broken->what, "page 2 is malformed");
  archive.file_damage = "page 2 of the tree";
  r = run();
  EXPECT_EQ(r.broken, 1u) << "the same damage";
  EXPECT_EQ(r.first_broken->what, "page 2 of the tree");
}

TEST_F(audited, a_store_that_fails_is_an_error) {
  archive.add(a, 3);
  archive.fail_scan = true;
  EXPECT_EQ(audit(archive, h, {}).error(), store_errc::failed);
  archive.fail_streams = true;
  EXPECT_EQ(audit(archive, h, {}).error(), store_errc::failed);
}

}  // namespace audit_test
}  // namespace hawser
