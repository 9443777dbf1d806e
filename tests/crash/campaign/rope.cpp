#include "crash/campaign/rope.hpp"

#include <hawser/store/sqlite.hpp>

#include "crash/campaign/proof.hpp"

namespace hawser::crash {

using std::chrono_literals::operator""ms;

rope::rope(std::string folder, disk* edge_disk, disk* cloud_disk, disk* clock)
    : folder_(std::move(folder)),
      edge_disk_(edge_disk),
      cloud_disk_(cloud_disk),
      clock_(clock),
      edge_log_(std::make_shared<test::line_log>(log_level::warn)),
      cloud_log_(std::make_shared<test::line_log>(log_level::warn)) {}

rope::~rope() {
  edge_.reset();
  cloud_.reset();
}

bool rope::start_cloud() {
  cloud_options o;
  o.unix_socket = folder_ + "/cloud";
  o.ledger = ledger_store();
  if (cloud_disk_) o.make_store = ledger_in_sqlite(cloud_disk_->name());
  o.log = cloud_log_;
  cloud_ = std::make_unique<cloud>(o);
  const auto started = cloud_->start();
  if (started) return true;
  error_ = started.error().detail;
  cloud_.reset();
  return false;
}

bool rope::start_edge() {
  edge_options o;
  o.device = "gw-0";
  o.store = edge_store();
  if (edge_disk_) o.make_store = outbox_in_sqlite(edge_disk_->name());
  o.uplink.url = "ws://cloud";
  o.uplink.unix_socket = folder_ + "/cloud";
  o.backoff_base = 2ms;
  o.backoff_cap = 20ms;
  o.backoff_seed = 1;
  o.slow_retry = 20ms;
  o.log = edge_log_;
  edge_ = std::make_unique<edge>(o);
  edge_->on_acknowledged([this](const std::string& stream, std::uint64_t seq) {
    const std::size_t at = clock_ ? clock_->position() : 0;
    const std::lock_guard guard(mutex_);
    acknowledgments_.push_back({stream + ' ' + std::to_string(seq), at});
  });
  const auto started = edge_->start();
  if (started) return true;
  error_ = started.error().detail;
  edge_.reset();
  return false;
}

void rope::stop_cloud() { cloud_.reset(); }

void rope::stop_edge(bool drain) {
  if (edge_ && drain) edge_->drain(test::patience);
  edge_.reset();
}

bool rope::ask(const std::string& line) {
  auto event = reader_.read(line);
  if (!event || !edge_) return false;
  const auto taken = edge_->apply(*std::move(event), [this](const answer& a) {
    const std::size_t at = clock_ ? clock_->position() : 0;
    const std::lock_guard guard(mutex_);
    answers_.push_back({a.json, at});
    changed_.notify_one();
  });
  return taken.has_value();
}

// Waits for the next answer.
bool rope::take(feeder& f) {
  std::unique_lock lock(mutex_);
  if (!changed_.wait_for(lock, test::patience, [&] { return !answers_.empty(); })) return false;
  const said a = answers_.front();
  answers_.pop_front();
  lock.unlock();
  const std::size_t event = f.oldest();
  f.take(a.text);
  const auto is = f.events()[event].is;
  if (is == fed_event::delivery::done) answered_at_.try_emplace(event, a.position);
  if (is == fed_event::delivery::not_done) refused_at_.try_emplace(event, a.position);
  return true;
}

void rope::feed(feeder& f, int count, std::size_t in_flight) {
  if (!edge_) return;
  for (int asked = 0; asked < count;) {
    while (asked < count && f.in_flight() < in_flight) {
      const auto line = f.next();
      if (!line || !ask(*line)) break;
      ++asked;
    }
    if (f.in_flight() == 0) return;
    while (f.in_flight() > 0) {
      if (!take(f)) return;
    }
  }
}

bool rope::settle(feeder& f) {
  const auto deadline = std::chrono::steady_clock::now() + test::patience;
  while (!f.settled()) {
    if (std::chrono::steady_clock::now() > deadline || !edge_) return false;
    feed(f, 64, 64);
  }
  return true;
}

bool rope::drain() { return edge_ && edge_->drain(test::patience); }

std::int64_t rope::usage(const std::string& id) {
  if (!ask(R"({"governor":"quota","event":"get_usage","id":")" + id + "\"}")) return -1;
  std::unique_lock lock(mutex_);
  if (!changed_.wait_for(lock, test::patience, [&] { return !answers_.empty(); })) return -1;
  const std::string text = answers_.front().text;
  answers_.pop_front();
  const std::string current = field(text, "current");
  return current.empty() ? -1 : std::stoll(current);
}

std::vector<said> rope::acknowledgments() {
  const std::lock_guard guard(mutex_);
  return acknowledgments_;
}

verdict rope::prove(const feeder& f) const {
  verdict out;
  const std::map<std::string, expectation> devices{{f.device(), {f.events()}}};
  out.add(crash::prove("outbox", read_outbox(edge_store()), devices), folder_);
  out.add(crash::prove("ledger", read_ledger(ledger_store()), devices), folder_);
  for (const std::string& words : f.surprises()) out.find(&verdict::broken, words);
  out.answered = f.answered();
  return out;
}

}  // namespace hawser::crash
