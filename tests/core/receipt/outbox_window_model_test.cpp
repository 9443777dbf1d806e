// The window against a model of the cloud that drops, refuses, repeats itself and loses its end.
#include <hawser/core/receipt/outbox_window.hpp>

#include "support/fake_hasher.hpp"

#include <gtest/gtest.h>

#include <deque>
#include <map>
#include <random>
#include <set>

namespace hawser {
namespace outbox_window_model_test {

using test::fake_chain;
using test::fake_hasher;

constexpr std::uint32_t stream_count = 3;
constexpr std::uint64_t receipts_per_stream = 40;
const outbox_window::options window_options{
    .max_message = outbox_window::min_message, .max_batch_rows = 4, .in_flight_rows = 10};

class model {
 public:
  explicit model(std::uint64_t seed) : random_(seed) {
    for (std::uint32_t sid = 1; sid <= stream_count; ++sid) {
      const stream_key key{"gw", "g" + std::to_string(sid), 7};
      fake_hasher h;
      chains_[sid] = fake_chain(key, receipts_per_stream);
      disk_[sid] = {sid, key.governor, 7, {0, chain_origin(h, key)}, 0, {0, chain_origin(h, key)}};
      ledger_[sid];
    }
    restart();
  }

  // One random thing happens.
  void step() {
    switch (random_() % 16) {
      case 0:
        return commit_one();
      case 1:
        return open_ ? void() : open();
      case 2:
        return chance(8) ? drop() : void();
      case 3:
        return chance(20) ? restart() : void();
      case 4:
        return chance(20) ? restore_ledger() : void();
      case 5:
        return wake();
      case 6:
      case 7:
      case 8:
        return answer_fetch();
      case 9:
      case 10:
      case 11:
        return device_receives();
      default:
        return cloud_receives(true);
    }
  }

  // No more faults: everything that is left must arrive.
  void settle() {
    drop();
    while (disk_[1].last.seq < receipts_per_stream || disk_[2].last.seq < receipts_per_stream ||
           disk_[3].last.seq < receipts_per_stream) {
      commit_one();
    }
    open();
    for (int i = 0; i < 5000; ++i) {
      answer_fetch();
      cloud_receives(false);
      device_receives();
    }
  }

  void expect_all_arrived() {
    for (const auto& [sid, committed] : ledger_) {
      ASSERT_EQ(committed.size(), receipts_per_stream) << "stream " << sid;
      for (std::size_t i = 0; i < committed.size(); ++i) {
        ASSERT_EQ(committed[i], chains_[sid][i].body) << "stream " << sid << " receipt " << i + 1;
      }
      EXPECT_EQ(disk_[sid].acked, receipts_per_stream);
    }
    EXPECT_EQ(window_.in_flight_rows(), 0u);
    EXPECT_EQ(window_.in_flight_bytes(), 0u);
  }

  int refused = 0, repeated = 0, restored = 0, taken_over = 0;

 private:
  bool chance(unsigned one_in) { return random_() % one_in == 0; }

  digest hash_at(std::uint32_t sid, std::uint64_t seq) {
    return seq == 0 ? disk_[sid].base.hash : chains_[sid][seq - 1].hash;
  }

  void apply(window_effects& effects) {
    for (auto& e : effects) {
      if (auto* f = std::get_if<window_effect::fetch>(&e)) fetches_.push_back(*f);
      if (auto* s = std::get_if<window_effect::send>(&e)) to_cloud_.push_back(s->message);
      if (auto* r = std::get_if<window_effect::resume>(&e)) {
        wire::encode(r->message, to_cloud_.emplace_back());
      }
      if (auto* a = std::get_if<window_effect::acknowledge>(&e)) {
        ASSERT_GT(a->seq, disk_[a->sid].acked);
        disk_[a->sid].acked = a->seq;
      }
      if (auto* a = std::get_if<window_effect::alarm>(&e)) {
        ASSERT_NE(a->text.find("refused 4 times"), std::string::npos) << a->text;
      }
    }
    effects.clear();
    ASSERT_LE(window_.in_flight_rows(), window_options.in_flight_rows);
    ASSERT_LE(window_.in_flight_bytes(), window_options.in_flight_bytes);
  }

  void commit_one() {
    outbox_stream& s = disk_[static_cast<std::uint32_t>(1 + random_() % stream_count)];
    if (s.last.seq == receipts_per_stream) return;
    s.last = {s.last.seq + 1, chains_[s.sid][s.last.seq].hash};
    window_.committed(s.sid, s.last, effects_);
    apply(effects_);
  }

  void open() {
    open_ = true;
    window_.opened(effects_);
    apply(effects_);
  }

  void drop() {
    open_ = false;
    window_.dropped();
    to_cloud_.clear();
    to_device_.clear();  // what the ledger has committed may never be told
  }

  void restart() {
    drop();
    fetches_.clear();
    window_ = outbox_window(window_options);
    for (const auto& [sid, s] : disk_) window_.add(s, effects_);
    apply(effects_);
  }

  void restore_ledger() {
    drop();
    for (auto& [sid, committed] : ledger_) committed.resize(random_() % (committed.size() + 1));
    ++restored;
  }

  void wake() {
    now_ += std::chrono::milliseconds(50);
    window_.woke(now_, effects_);
    apply(effects_);
  }

  void answer_fetch() {
    if (fetches_.empty()) return;
    const auto at = fetches_.begin() + static_cast<long>(random_() % fetches_.size());
    const window_effect::fetch f = *at;
    fetches_.erase(at);
    std::vector<chained_receipt> rows;
    for (std::uint64_t seq = f.first; seq <= disk_[f.sid].last.seq && rows.size() < f.max_rows;
         ++seq) {
      rows.push_back(chains_[f.sid][seq - 1]);
    }
    window_.rows(f.sid, f.generation, hash_at(f.sid, f.first - 1), rows, effects_);
    apply(effects_);
  }

  void device_receives() {
    if (to_device_.empty()) return;
    const wire::message m = to_device_.front();
    to_device_.pop_front();
    result<void> r;
    if (const auto* p = std::get_if<wire::resumed>(&m)) {
      for (const auto& s : p->streams) r = window_.resumed(s, effects_);
    } else if (const auto* a = std::get_if<wire::ack>(&m)) {
      for (const auto& s : a->streams) r = window_.ack(s.sid, s.committed_seq, effects_);
    } else {
      r = window_.nack(std::get<wire::nack>(m), now_, effects_);
    }
    ASSERT_TRUE(r);
    apply(effects_);
  }

  void cloud_receives(bool faults) {
    if (to_cloud_.empty()) return;
    const bytes input = to_cloud_.front();
    to_cloud_.pop_front();
    wire::decode_error e;
    const auto m = wire::decode(input, e);
    ASSERT_TRUE(m) << e.what;
    if (const auto* r = std::get_if<wire::resume>(&*m)) {
      wire::resumed answer;
      for (const auto& p : r->streams) {
        const std::uint64_t seq = ledger_[p.sid].size();
        superseded_.erase(p.sid);
        answer.streams.push_back(
            {p.sid,
             {seq, hash_at(p.sid, seq)},
             seq == 0 ? wire::resume_status::new_stream : wire::resume_status::ok});
      }
      to_device_.push_back(answer);
      return;
    }
    take(std::get<wire::receipts>(*m), faults);
    if (faults && chance(10)) take(std::get<wire::receipts>(*m), faults);
  }

  void take(const wire::receipts& m, bool faults) {
    auto& committed = ledger_[m.sid];
    if (faults && chance(60)) superseded_.insert(m.sid);
    if (superseded_.contains(m.sid)) {
      ++taken_over;
      to_device_.push_back(wire::nack{m.sid, m.first_seq, wire::nack_code::superseded, 0, ""});
      return;
    }
    if (faults && chance(8)) {
      ++refused;
      to_device_.push_back(wire::nack{m.sid, m.first_seq,
                                      chance(2) ? wire::nack_code::corrupt : wire::nack_code::busy,
                                      40, ""});
      return;
    }
    if (m.first_seq > committed.size() + 1) {
      to_device_.push_back(wire::nack{m.sid, committed.size(), wire::nack_code::gap, 0, ""});
      return;
    }
    ASSERT_EQ(m.prev_head, hash_at(m.sid, m.first_seq - 1));
    ASSERT_EQ(m.head, hash_at(m.sid, m.first_seq + m.rows.size() - 1));
    for (std::size_t i = 0; i < m.rows.size(); ++i) {
      if (m.first_seq + i <= committed.size()) {
        ++repeated;
        continue;
      }
      committed.emplace_back(m.rows[i].begin(), m.rows[i].end());
    }
    if (!faults || !chance(4)) {  // else a later one tells
      to_device_.push_back(wire::ack{{{m.sid, committed.size()}}, 0, 0});
    }
  }

  std::mt19937_64 random_;
  std::map<std::uint32_t, std::vector<chained_receipt>> chains_;
  std::map<std::uint32_t, outbox_stream> disk_;
  std::map<std::uint32_t, std::vector<bytes>> ledger_;
  std::set<std::uint32_t> superseded_;  // by another link, until the next resume
  outbox_window window_;
  window_effects effects_;
  std::vector<window_effect::fetch> fetches_;
  std::deque<bytes> to_cloud_;
  std::deque<wire::message> to_device_;
  time_point now_{std::chrono::seconds(1)};
  bool open_ = false;
};

TEST(outbox_window_model, every_receipt_arrives_exactly_once_and_in_order) {
  int refused = 0, repeated = 0, restored = 0, taken_over = 0;
  for (std::uint64_t seed = 1; seed <= 60; ++seed) {
    SCOPED_TRACE(seed);
    model m(seed);
    for (int i = 0; i < 1500; ++i) {
      m.step();
      if (HasFatalFailure()) return;
    }
    m.settle();
    if (HasFatalFailure()) return;
    m.expect_all_arrived();
    if (HasFailure()) return;
    refused += m.refused;
    repeated += m.repeated;
    restored += m.restored;
    taken_over += m.taken_over;
  }
  // The faults did happen.
  EXPECT_GT(refused, 100);
  EXPECT_GT(repeated, 20);
  EXPECT_GT(restored, 20);
  EXPECT_GT(taken_over, 100);
}

}  // namespace outbox_window_model_test
}  // namespace hawser
