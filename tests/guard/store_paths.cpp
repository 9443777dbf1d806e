// The paths of a receipt: into the outbox, into a batch, into the ledger.
#include <hawser/governor/quota.hpp>
#include <hawser/io/crypto.hpp>

#include "cloud/ledger_host.hpp"
#include "edge/governor_host.hpp"
#include "edge/receipt_journal.hpp"
#include "guard/path.hpp"
#include "support/noon.hpp"
#include "support/temp_folder.hpp"
#include "support/words.hpp"

#include <algorithm>
#include <iterator>
#include <variant>

namespace hawser::guard {
namespace {

const std::string device = "gw-7";

// An edge's writer without its thread. `keep`: what it tells its uplink.
class edge_store {
 public:
  using movements = std::vector<receipt_journal::movement>;

  explicit edge_store(bool keep = false) {
    std::string error;
    auto opened = take_words(open_outbox({.path = folder_ / "edge.db", .device = device}), error);
    require(opened.has_value(), error.c_str());
    const edge_clocks clocks{[] { return test::noon; },
                             [] { return time_point{std::chrono::seconds(1000)}; }};
    receipt_journal::listeners quiet{[](const std::string&, std::uint64_t) {},
                                     [this, keep](movements all) {
                                       if (keep) std::ranges::move(all, std::back_inserter(moved_));
                                     },
                                     [](std::uint64_t) {}, [](log_level, const std::string&) {}};
    journal_ = std::make_unique<receipt_journal>(std::move(opened->store), make_sha256(),
                                                 std::move(quiet));
    host_ = std::make_unique<governor_host>(*journal_, std::vector<const governor::kind*>{}, clocks,
                                            outbox_limits{}, [](const transition&) {});
    require(take_words(journal_->load(), error).has_value(), error.c_str());
    require(take_words(host_->load(), error).has_value(), error.c_str());
    group(
        {event("set_quota", {{"metric", std::string("calls")}, {"limit", std::int64_t{1} << 40}})});
  }

  receipt_journal& journal() noexcept { return *journal_; }
  const movements& moved() const noexcept { return moved_; }
  /// So many uses, in groups.
  void use(std::size_t together, std::uint64_t count) {
    std::vector<governor::event> events;
    for (std::uint64_t n = 0; n < count; ++n) {
      events.push_back(
          event("record_usage", {{"metric", std::string("calls")}, {"amount", std::int64_t{1}}}));
      if (events.size() < together) continue;
      group(events);
      events.clear();
    }
  }

 private:
  // Keys of one length, so that no receipt costs more than another.
  governor::event event(std::string name, governor::fields params) {
    return {.governor = "quota",
            .id = "tenant-1/api",
            .name = std::move(name),
            .key = "key-" + std::to_string(10'000'000 + ++keys_),
            .params = std::move(params)};
  }
  void group(const std::vector<governor::event>& events) {
    require(host_->begin().has_value(), "the outbox does not begin");
    for (const governor::event& e : events) require(host_->apply(e).ok, "an event is refused");
    require(host_->commit().has_value(), "the outbox does not commit");
    host_->settled({});
  }

  test::temp_folder folder_;
  movements moved_;
  std::unique_ptr<receipt_journal> journal_;
  std::unique_ptr<governor_host> host_;
  std::uint64_t keys_ = 0;
};

// An uplink's window and the link below it, without a client.
class batch_source {
 public:
  explicit batch_source(receipt_journal& journal)
      : journal_(journal), stream_(journal.streams().front()) {}

  const outbox_stream& stream() const noexcept { return stream_; }
  /// The messages that bring every receipt to a ledger that has none, read back from the store.
  std::vector<bytes> read_back() {
    outbox_window window;
    window_effects fx;
    std::vector<bytes> messages;
    open(window, stream_, messages, fx);
    return messages;
  }
  /// The same of receipts that come with each commit; `moved` begins with the stream's first.
  std::vector<bytes> build(const edge_store::movements& moved) {
    outbox_window window;
    window_effects fx;
    std::vector<bytes> messages;
    open(window, moved.front().stream, messages, fx);
    for (const auto& m : moved) {
      window.committed(m.stream.sid, m.stream.last, m.previous, m.rows, fx);
      carry_out_all(window, messages, fx);
    }
    return messages;
  }

 private:
  void open(outbox_window& window, const outbox_stream& s, std::vector<bytes>& messages,
            window_effects& fx) {
    window.opened(fx);
    window.add(s, fx);
    const digest origin = chain_origin(*hasher_, {device, s.governor, s.epoch});
    const wire::committed_position nothing{s.sid, {0, origin}, wire::resume_status::new_stream};
    require(window.resumed(nothing, fx).has_value(), "the window does not resume");
    carry_out_all(window, messages, fx);
  }
  void carry_out_all(outbox_window& window, std::vector<bytes>& messages, window_effects& fx) {
    while (!fx.empty()) {
      for (auto& effect : std::exchange(fx, {})) carry_out(window, effect, messages, fx);
    }
  }
  template <class Effect>
  void carry_out(outbox_window& window, Effect& effect, std::vector<bytes>& messages,
                 window_effects& fx) {
    if (const auto* f = std::get_if<window_effect::fetch>(&effect)) {
      const auto got = journal_.fetch(*f);
      require(!got.error && got.previous.has_value(), "receipts cannot be read");
      window.rows(f->sid, f->generation, *got.previous, got.rows, fx);
    } else if (auto* s = std::get_if<window_effect::send>(&effect)) {
      messages.push_back(std::move(s->message));
      require(window.ack(s->sid, s->last, fx).has_value(), "the window takes no ack");
    }
  }

  receipt_journal& journal_;
  outbox_stream stream_;
  std::unique_ptr<hasher> hasher_ = make_sha256();
};

// The cloud's writer without its thread; what it is told comes from the wire.
class cloud_store {
 public:
  explicit cloud_store(stream_key key) : key_(std::move(key)) {
    std::string error;
    auto opened = take_words(open_ledger({.path = folder_ / "ledger.db"}), error);
    require(opened.has_value(), error.c_str());
    host_ = std::make_unique<ledger_host>(std::move(*opened), nullptr);
  }

  /// One message, one group. Returns how many receipts the ledger then has.
  std::uint64_t take(bytes_view message) {
    wire::decode_error wrong;
    const auto decoded = wire::decode(message, wrong);
    require(decoded.has_value(), "a batch is malformed");
    const auto& batch = std::get<wire::receipts>(*decoded);
    std::vector<chained_receipt> rows;
    rows.reserve(batch.rows.size());
    digest at = batch.prev_head;
    std::uint64_t seq = batch.first_seq;
    for (const bytes_view row : batch.rows) {  // As device_link does.
      require(decode_receipt(row).has_value(), "a receipt is malformed");
      at = chain_next(*hasher_, at, row);
      rows.push_back({seq++, at, bytes(row.begin(), row.end())});
    }
    require(at == batch.head, "a batch does not hash to its head");
    require(host_->begin().has_value(), "the ledger does not begin");
    const auto r = host_->append(key_, {batch.first_seq - 1, batch.prev_head}, rows);
    require(r && r->status == append_status::committed, "a batch is refused");
    require(host_->commit().has_value(), "the ledger does not commit");
    host_->settled({});
    return r->head.seq;
  }

 private:
  test::temp_folder folder_;
  stream_key key_;
  std::unique_ptr<ledger_host> host_;
  std::unique_ptr<hasher> hasher_ = make_sha256();
};

void apply() {
  edge_store store;
  store.use(64, 512);
  measure(2048, [&] { store.use(64, 2048); });
}
void apply_single() {
  edge_store store;
  store.use(1, 32);
  measure(128, [&] { store.use(1, 128); });
}
void build() {
  edge_store store(true);
  store.use(178, 4094);
  batch_source source(store.journal());
  (void)source.build(store.moved());
  std::vector<bytes> built;
  measure(4096, [&] { built = source.build(store.moved()); });
  require(built.size() >= 4096 / 256, "batches are missing");
}
void append() {
  edge_store store;
  store.use(178, 4094);
  batch_source source(store.journal());
  const std::vector<bytes> built = source.read_back();
  const stream_key key{device, source.stream().governor, source.stream().epoch};
  cloud_store ledger(key);
  const std::uint64_t before = ledger.take(built.front());
  measure(4096 - before, [&] {
    std::uint64_t reached = 0;
    for (std::size_t i = 1; i < built.size(); ++i) reached = ledger.take(built[i]);
    require(reached == 4096, "receipts are missing");
  });
}

const add_path all[] = {
    {"apply", apply}, {"apply_single", apply_single}, {"build", build}, {"append", append}};

}  // namespace
}  // namespace hawser::guard
