// An edge and a cloud whose stores are of another engine: what a factory is for.
#include "support/rope_fixture.hpp"
#include "support/words.hpp"

namespace hawser {
namespace other_engine_test {

using ::testing::HasSubstr;
using ledger_store = ledger;  // which the fixture has a function of

// Everything in memory; a group that is rolled back is a copy that is put back.
template <class Store, class State>
class in_memory : public Store {
 public:
  explicit in_memory(std::shared_ptr<State> s) : s_(std::move(s)) {}

  result<void> begin() override {
    before_ = *s_;
    return {};
  }
  result<void> commit() override { return {}; }
  void rollback() noexcept override { *s_ = before_; }
  result<void> reopen() override { return {}; }
  const std::string& last_error() const noexcept override { return none_; }

 protected:
  std::shared_ptr<State> s_;  // as long as the test: a start finds what the one before had

 private:
  State before_;
  std::string none_;
};

struct outbox_state {
  std::vector<stream_record> streams;
  std::map<std::uint32_t, std::vector<chained_receipt>> rows;
  std::map<std::uint32_t, governor::snapshot> governors;
  std::map<std::pair<std::uint32_t, std::string>, std::pair<std::string, std::optional<digest>>>
      answers;
  std::optional<wall_ms> wall;
  std::uint64_t hlc = 0;
};

class memory_outbox final : public in_memory<outbox, outbox_state> {
 public:
  memory_outbox(std::shared_ptr<outbox_state> s, std::string device, std::atomic<int>& reads)
      : in_memory(std::move(s)), device_(std::move(device)), reads_(&reads) {}

  const std::string& device() const noexcept override { return device_; }
  result<stream_record> open_stream(const std::string& governor) override {
    for (const stream_record& s : s_->streams) {
      if (s.governor == governor) return s;
    }
    const stream_key key{device_, governor, 77};
    const stream_head origin{0, chain_origin(*hash_, key)};
    const auto sid = static_cast<std::uint32_t>(s_->streams.size() + 1);
    s_->streams.push_back({{sid, governor, key.epoch, origin, 0, origin}});
    return s_->streams.back();
  }
  result<void> append(std::uint32_t sid, const chained_receipt& r, std::uint64_t hlc) override {
    at(sid).last = {r.seq, r.hash};
    s_->rows[sid].push_back(r);
    s_->hlc = hlc;
    return {};
  }
  result<void> save(std::uint32_t sid, const governor::snapshot& g) override {
    s_->governors[sid] = g;
    return {};
  }
  result<std::optional<std::string>> answer(std::uint32_t sid, const std::string& key) override {
    const auto it = s_->answers.find({sid, key});
    return it == s_->answers.end() ? std::nullopt : std::optional(it->second.first);
  }
  result<void> remember(std::uint32_t sid, const std::string& key, const std::string& answer,
                        const std::optional<digest>& event) override {
    s_->answers[{sid, key}] = {answer, event};
    return {};
  }
  result<std::optional<digest>> event_of(std::uint32_t sid, const std::string& key) override {
    return s_->answers.at({sid, key}).second;
  }
  result<void> acknowledge(std::uint32_t sid, std::uint64_t seq, wall_ms) override {
    at(sid).acked = std::max(at(sid).acked, seq);
    return {};
  }
  result<void> note_wall(std::optional<wall_ms> t) override {
    s_->wall = t;
    return {};
  }
  result<std::optional<wall_ms>> noted_wall() override { return s_->wall; }
  result<std::vector<stream_record>> streams() override { return s_->streams; }
  result<std::vector<governor_record>> governors() override {
    std::vector<governor_record> all;
    for (const auto& [sid, g] : s_->governors) all.push_back({sid, at(sid).governor, g});
    return all;
  }
  result<std::vector<chained_receipt>> read(std::uint32_t sid, std::uint64_t first,
                                            std::size_t max_rows, std::size_t) override {
    ++*reads_;
    const auto& all = s_->rows[sid];
    const auto from = std::min<std::size_t>(first - 1, all.size());
    const auto count = std::min(max_rows, all.size() - from);
    const auto begin = all.begin() + static_cast<std::ptrdiff_t>(from);
    return std::vector(begin, begin + static_cast<std::ptrdiff_t>(count));
  }
  result<digest> hash_at(std::uint32_t sid, std::uint64_t seq) override {
    return seq == 0 ? at(sid).base.hash : s_->rows[sid].at(seq - 1).hash;
  }
  result<void> park(std::uint32_t) override { return {}; }
  result<std::uint64_t> pending() override {
    std::uint64_t n = 0;
    for (const stream_record& s : s_->streams) n += s.last.seq - s.acked;
    return n;
  }
  result<bool> has_room(std::uint32_t, std::uint64_t) override { return true; }
  result<std::uint64_t> last_hlc() override { return s_->hlc; }

 private:
  stream_record& at(std::uint32_t sid) { return s_->streams.at(sid - 1); }

  std::string device_;
  std::atomic<int>* reads_;
  std::unique_ptr<hasher> hash_ = make_sha256();
};

struct ledger_state {
  std::map<stream_key, std::vector<chained_receipt>> streams;
};

class memory_ledger final : public in_memory<ledger, ledger_state> {
 public:
  using in_memory::in_memory;

  result<std::optional<ledger_stream>> find(const stream_key& key) override {
    const auto it = s_->streams.find(key);
    if (it == s_->streams.end()) return std::optional<ledger_stream>();
    return std::optional(ledger_stream{key, head(it->second)});
  }
  result<append_result> append(const batch& b) override {
    auto& all = s_->streams[b.stream];
    if (b.previous.seq > all.size()) return append_result{append_status::gap, head(all)};
    for (const chained_receipt& r : b.rows) {
      if (r.seq == all.size() + 1) all.push_back(r);
    }
    return append_result{append_status::committed, head(all)};
  }
  result<std::vector<chained_receipt>> read(const stream_key& key, std::uint64_t,
                                            std::size_t) override {
    return s_->streams[key];
  }

 private:
  static stream_head head(const std::vector<chained_receipt>& all) {
    return all.empty() ? stream_head{} : stream_head{all.back().seq, all.back().hash};
  }
};

class other_engine : public test::rope_fixture {
 protected:
  other_engine() {
    edge_opts.make_store = [this](const outbox_options& o) -> result<opened_outbox, error_info> {
      made.push_back(o.path + " of " + o.device);
      opened_outbox out;
      out.store = std::make_unique<memory_outbox>(kept_outbox, o.device, reads);
      return out;
    };
    cloud_opts.make_store =
        [this](const ledger_options& o) -> result<std::unique_ptr<ledger_store>, error_info> {
      made.push_back(o.path);
      return std::make_unique<memory_ledger>(kept_ledger);
    };
  }

  std::shared_ptr<outbox_state> kept_outbox = std::make_shared<outbox_state>();
  std::shared_ptr<ledger_state> kept_ledger = std::make_shared<ledger_state>();
  std::vector<std::string> made;
  std::atomic<int> reads{0};  // of receipts, out of the outbox
};

// A window that is not behind is given what it sends with the notice of the commit.
TEST_F(other_engine, is_not_asked_for_receipts_that_were_just_written) {
  start_cloud();
  start_edge();
  feed("a", 5);
  drain();
  const int before = reads;
  for (int i = 0; i < 20; ++i) feed("a", 10);
  drain();
  EXPECT_EQ(reads, before);
  stop_edge();
  stop_cloud();
  EXPECT_EQ(kept_ledger->streams.begin()->second.size(), kept_outbox->rows[1].size());
}

TEST_F(other_engine, carries_receipts_to_a_ledger_of_another_engine) {
  start_edge();
  feed("a", 20);
  start_cloud();
  feed("b", 20);
  drain();
  const answer first = ask(test::use("a", 1, "again"));
  stop_edge();
  start_edge();
  const answer again = ask(test::use("a", 1, "again"));
  EXPECT_TRUE(again.repeated) << again.json;
  EXPECT_THAT(again.json, HasSubstr(first.json.substr(0, first.json.size() - 1)));
  drain();
  stop_edge();
  stop_cloud();
  EXPECT_EQ(made, (std::vector<std::string>{edge_opts.store + " of gw-7", cloud_opts.ledger,
                                            edge_opts.store + " of gw-7"}));
  ASSERT_EQ(kept_ledger->streams.size(), 2U);
  for (const auto& [key, rows] : kept_ledger->streams) {
    const auto& kept = kept_outbox->rows[key.governor == "quota/a" ? 1 : 2];
    ASSERT_EQ(rows.size(), kept.size()) << key.governor;
    EXPECT_EQ(rows.back().hash, kept.back().hash);
  }
  EXPECT_FALSE(std::filesystem::exists(edge_opts.store)) << "no file was made";
  EXPECT_FALSE(std::filesystem::exists(cloud_opts.ledger));
}

TEST_F(other_engine, that_cannot_make_its_store_is_told) {
  edge_opts.make_store = [](const outbox_options&) -> result<opened_outbox, error_info> {
    return error_info{store_errc::failed, "no such engine"};
  };
  edge e(edge_opts);
  EXPECT_EQ(take_words(e.start(), error).error(), store_errc::failed);
  EXPECT_EQ(error, "no such engine");
  cloud_opts.make_store =
      [](const ledger_options&) -> result<std::unique_ptr<ledger_store>, error_info> {
    return error_info{store_errc::failed, "nor here"};
  };
  cloud c(cloud_opts);
  EXPECT_EQ(take_words(c.start(), error).error(), store_errc::failed);
  EXPECT_EQ(error, "nor here");
}

}  // namespace other_engine_test
}  // namespace hawser
