#include <hawser/core/receipt/device.hpp>
#include <hawser/edge/edge.hpp>
#include <hawser/io/crypto.hpp>
#include <hawser/io/environment.hpp>
#include <hawser/store/sqlite.hpp>

#include "edge/answer_json.hpp"
#include "edge/governor_host.hpp"
#include "edge/movement_queue.hpp"
#include "edge/uplink.hpp"

#include <algorithm>
#include <atomic>
#include <chrono>
#include <condition_variable>
#include <mutex>
#include <optional>
#include <tuple>

namespace hawser {

class edge::impl final : public receipt_source {
 public:
  explicit impl(edge_options o) : options_(std::move(o)) {
    if (!options_.environment) options_.environment = io::environment::system();
    if (!options_.make_store) {
      options_.make_store = outbox_in_sqlite(options_.environment->store_file_system());
    }
    const auto& around = options_.environment;
    if (!options_.clocks.wall) {
      options_.clocks.wall = [around] {
        using namespace std::chrono;
        return duration_cast<milliseconds>(around->wall().time_since_epoch()).count();
      };
    }
    if (!options_.clocks.monotonic) options_.clocks.monotonic = [around] { return around->now(); };
  }
  ~impl() override { stop(duration::zero()); }

  result<void, error_info> start();
  result<void> apply(governor::event e, std::function<void(const answer&)> done);
  result<void> answer_in_order(std::string json, std::function<void(const answer&)> done);
  bool drain(duration limit);
  std::uint64_t stop(duration drain_limit);
  void hurry();
  void recycle() {
    if (uplink_) (void)uplink_->submit([](hawser_cloud&, context& c) { c.recycle(); });
  }
  std::uint64_t pending() const noexcept { return pending_.load(); }

  // receipt_source, on the uplink's strand
  void fetch(const window_effect::fetch& f) override;
  void acknowledge(std::uint32_t sid, std::uint64_t seq) override;
  void park(std::uint32_t sid) override;

  // A callback of the user's, where the user wants it: without an executor, as it is.
  template <class... Args>
  std::function<void(Args...)> elsewhere(std::function<void(Args...)> f) const {
    if (!options_.executor || !f) return f;
    return [post = options_.executor,
            call = std::make_shared<std::function<void(Args...)>>(std::move(f))](Args... args) {
      post([call, kept = std::tuple<std::decay_t<Args>...>(args...)] { std::apply(*call, kept); });
    };
  }

  std::function<void(const transition&)> on_transition = [](const transition&) {};
  std::function<void(const std::string&, std::uint64_t)> on_acknowledged = [](const std::string&,
                                                                              std::uint64_t) {};

 private:
  receipt_journal::listeners make_listeners();
  void tell_of_former(const opened_outbox& opened);
  void open_uplink();
  void moved(std::vector<receipt_journal::movement> all);
  void pass_on_moves(hawser_cloud& cloud, context& c);
  void set_pending(std::uint64_t n);

  edge_options options_;
  std::optional<receipt_journal> journal_;
  std::optional<governor_host> host_;
  std::optional<uplink> uplink_;  // made before the writer starts, so the writer may use it
  std::optional<io::group_writer> writer_;
  std::atomic<std::uint64_t> pending_{0};
  std::mutex mutex_;
  std::condition_variable acknowledged_;
  bool hurried_ = false;
  std::atomic<bool> stopped_{false};
  movement_queue moves_;  // that the uplink has not heard of
};

receipt_journal::listeners edge::impl::make_listeners() {
  receipt_journal::listeners l;
  l.acknowledged = [this](const std::string& s, std::uint64_t seq) { on_acknowledged(s, seq); };
  l.moved = [this](auto all) { moved(std::move(all)); };
  l.log = [this](log_level level, const std::string& line) {
    if (options_.log && options_.log->wants(level)) options_.log->write(level, line);
  };
  l.pending = [this](std::uint64_t n) { set_pending(n); };
  return l;
}

result<void, error_info> edge::impl::start() {
  if (host_) {
    return error_info{errc::already_running, "start() was called twice"};
  }
  if (!valid_device_name(options_.device)) {
    return invalid_option("device: must be 1 to 1024 bytes of UTF-8 without control characters");
  }
  for (const governor::kind* k : options_.kinds) {
    if (!k->name.empty() && k->name.find('/') == std::string_view::npos && k->name != "device") {
      continue;
    }
    return invalid_option("kinds: '" + std::string(k->name) +
                          "': a name is not empty, has no '/', which ends it in a stream's name, "
                          "and is not 'device'");
  }
  if (options_.store.empty()) {  // SQLite would take it for a file that is gone with its owner.
    return invalid_option("store: must not be empty");
  }
  if (!options_.uplink.url.empty()) {
    if (const auto r = validate(options_.uplink); !r) return r.error();
  }
  auto opened =
      options_.make_store({options_.store, options_.device, options_.limits, options_.require_store,
                           [this] { return options_.environment->random_u64(); }});
  if (!opened) return opened.error();
  tell_of_former(*opened);
  journal_.emplace(std::move(opened->store), make_sha256(), make_listeners());
  host_.emplace(*journal_, options_.kinds, options_.clocks, options_.limits,
                [this](const transition& t) { on_transition(t); });
  if (auto r = journal_->load(); !r) return r;
  if (auto r = host_->load(); !r) return r;
  if (opened->moved_aside) {
    if (auto r = host_->record(reset_of(*opened->moved_aside, options_.device)); !r) return r;
  }
  if (opened->lost) {
    if (auto r = host_->record(reset_of(*opened->lost)); !r) return r;
  }
  if (!options_.uplink.url.empty()) open_uplink();
  io::group_writer::limits limits;
  limits.queued = options_.queued;
  writer_.emplace(*host_, limits, *options_.environment);
  if (!uplink_) return {};
  auto r = uplink_->start();
  if (!r) writer_.reset();
  return r;
}

void edge::impl::tell_of_former(const opened_outbox& opened) {
  if (!options_.log) return;
  if (opened.moved_aside) {
    options_.log->write(log_level::error, "outbox was damaged (" + opened.moved_aside->why +
                                              "): moved to " + opened.moved_aside->path +
                                              ", a new one with a new epoch was begun");
  }
  if (opened.lost) {
    options_.log->write(log_level::error,
                        "outbox is lost (" + opened.lost->why +
                            "): a new one with a new epoch was begun; what waited in it is gone");
  }
}

void edge::impl::open_uplink() {
  uplink::config c;
  c.link = options_.uplink;
  if (!c.link.log) c.link.log = options_.log;
  c.cloud.device = options_.device;
  c.cloud.boot_id = options_.environment->random_u64();
  c.cloud.token = options_.token;
  c.cloud.slow_retry = options_.slow_retry;
  c.cloud.hlc = [this] { return journal_->last_hlc(); };
  c.cloud.wall = options_.clocks.wall;
  // At most one task with movements and one for each batch in flight wait; none may be refused.
  c.link.limits.mailbox = std::max<std::size_t>(c.link.limits.mailbox, 64);
  // The lanes must hold what the window lets out, or the link ends for it. Twice: what was sent
  // before a step back may still wait.
  const auto raise = [&](lane l, const lane_limits& least) {
    lane_limits& set = c.link.limits.lanes[static_cast<std::size_t>(l)];
    set.frames = std::max(set.frames, least.frames);
    set.bytes = std::max(set.bytes, least.bytes);
  };
  raise(lane::control, {});
  raise(lane::receipts, {2 * c.cloud.window.in_flight_rows, 2 * c.cloud.window.in_flight_bytes});
  c.trace.control = options_.trace;
  c.beat.idle = options_.heartbeat;
  c.beat.pong = std::min(c.beat.pong, options_.heartbeat);
  c.breaker.longest_pause = std::clamp<duration>(options_.backoff_cap / 2, std::chrono::seconds(1),
                                                 c.breaker.longest_pause);
  // No error is final for a device that nobody can visit.
  c.retry.refused_before_success = reconnect::refused::slow_retry;
  c.retry.slow_retry = options_.slow_retry;
  c.retry.slow_cap =
      std::clamp<duration>(options_.slow_retry, duration::zero(), std::chrono::hours(24) / 15) * 15;
  c.retry.base = options_.backoff_base;
  c.retry.cap = options_.backoff_cap;
  c.retry.waits = [this] { return std::to_string(pending_.load()) + " receipts wait"; };
  c.retry.seed =
      options_.backoff_seed != 0 ? options_.backoff_seed : options_.environment->random_u64();
  c.breaker.seed = options_.environment->random_u64();
  uplink_.emplace(options_.environment, std::move(c), journal_->streams(), *this);
}

result<void> edge::impl::apply(governor::event e, std::function<void(const answer&)> done) {
  if (!writer_) return errc::stopped;
  const auto given = std::make_shared<answer>();
  const auto event = std::make_shared<governor::event>(std::move(e));
  io::group_writer::job j;
  j.bytes = 512 + event->context.size();
  j.apply = [this, event, given] { *given = host_->apply(*event); };
  j.done = [given, done = std::move(done)](error_code ec) {
    if (!done) return;
    done(ec ? make_failure(ec) : *given);
  };
  return writer_->submit(std::move(j));
}

result<void> edge::impl::answer_in_order(std::string json,
                                         std::function<void(const answer&)> done) {
  if (!writer_) return errc::stopped;
  return writer_->after([text = std::move(json), done = std::move(done)]() mutable {
    answer a;
    a.json = std::move(text);
    if (done) done(a);
  });
}

void edge::impl::fetch(const window_effect::fetch& f) {
  const auto read = [this, f] {
    auto got = std::make_shared<receipt_journal::fetched>(journal_->fetch(f));
    (void)uplink_->submit([f, got](hawser_cloud& cloud, context& c) {
      if (got->error == store_errc::gap) return cloud.lost(c, f, got->base);
      // What is damaged stays so.
      if (got->error == store_errc::corrupt) return cloud.damaged(c, f, got->previous, got->why);
      if (got->error) return cloud.unavailable(c, f);
      cloud.rows(c, f, *got->previous, got->rows);
    });
  };
  // At most one a stream; refused, it would park the stream.
  (void)writer_->after(read, 0, false);
}

void edge::impl::acknowledge(std::uint32_t sid, std::uint64_t seq) {
  io::group_writer::job j;
  j.apply = [this, sid, seq] { journal_->acknowledge(sid, seq); };
  j.bounded = false;  // At most one a batch in flight.
  (void)writer_->submit(std::move(j));
}

void edge::impl::park(std::uint32_t sid) {
  io::group_writer::job j;
  j.apply = [this, sid] { journal_->park(sid); };
  j.bounded = false;  // Few a stream and link.
  (void)writer_->submit(std::move(j));
}

void edge::impl::moved(std::vector<receipt_journal::movement> all) {
  if (!uplink_ || !moves_.add(std::move(all))) return;
  (void)uplink_->submit([this](hawser_cloud& cloud, context& c) { pass_on_moves(cloud, c); });
}

void edge::impl::pass_on_moves(hawser_cloud& cloud, context& c) {
  for (const auto& [sid, m] : moves_.take()) {
    if (m.born) {
      cloud.add(c, m.stream);
    } else {
      cloud.committed(c, sid, m.stream.last, m.previous, m.rows);
    }
  }
}

void edge::impl::set_pending(std::uint64_t n) {
  {
    const std::lock_guard guard(mutex_);
    pending_ = n;
  }
  acknowledged_.notify_all();
}

bool edge::impl::drain(duration limit) {
  constexpr duration longest = std::chrono::hours(24 * 365);
  // The receipts of what was submitted count.
  const auto reached = std::make_shared<bool>(false);
  const auto note = [this, reached] {
    {
      const std::lock_guard guard(mutex_);
      *reached = true;
    }
    acknowledged_.notify_all();
  };
  if (!writer_ || !writer_->after(note, 0, false)) return pending_ == 0;
  std::unique_lock lock(mutex_);
  const auto drained = [&] { return *reached && pending_ == 0; };
  const auto& around = options_.environment;
  around->wait(lock, acknowledged_, around->now() + std::min(limit, longest),
               [&] { return hurried_ || drained(); });
  return drained();
}

void edge::impl::hurry() {
  {
    const std::lock_guard guard(mutex_);
    hurried_ = true;
  }
  acknowledged_.notify_all();
}

std::uint64_t edge::impl::stop(duration drain_limit) {
  if (!writer_ || stopped_.exchange(true)) return pending_;
  if (drain_limit > duration::zero() && uplink_) drain(drain_limit);
  if (uplink_) uplink_->stop();
  writer_->stop();
  return pending_;
}

// --- the handle -------------------------------------------------------------------------------

edge::edge(edge_options o) : impl_(std::make_unique<impl>(std::move(o))) {}
edge::~edge() = default;
void edge::on_transition(std::function<void(const transition&)> f) {
  impl_->on_transition = impl_->elsewhere(std::move(f));
}
void edge::on_acknowledged(std::function<void(const std::string&, std::uint64_t)> f) {
  impl_->on_acknowledged = impl_->elsewhere(std::move(f));
}
result<void, error_info> edge::start() { return impl_->start(); }
result<void> edge::apply(governor::event e, std::function<void(const answer&)> done) {
  return impl_->apply(std::move(e), impl_->elsewhere(std::move(done)));
}
result<void> edge::answer_in_order(std::string json, std::function<void(const answer&)> done) {
  return impl_->answer_in_order(std::move(json), impl_->elsewhere(std::move(done)));
}
std::uint64_t edge::pending() const noexcept { return impl_->pending(); }
bool edge::drain(duration limit) { return impl_->drain(limit); }
std::uint64_t edge::stop(duration drain_limit) { return impl_->stop(drain_limit); }
void edge::recycle() { impl_->recycle(); }
void edge::hurry() { impl_->hurry(); }

}  // namespace hawser
