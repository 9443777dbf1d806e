#include "cli/demo/director.hpp"

#include <algorithm>
#include <chrono>
#include <csignal>
#include <cstdlib>
#include <filesystem>
#include <stdexcept>
#include <unistd.h>

namespace hawser::cli {
namespace {

using clock = std::chrono::steady_clock;
using io::cut_kind;
using namespace std::chrono_literals;

// A folder that goes away with its owner.
class scratch_folder {
 public:
  scratch_folder() {
    std::string pattern = (std::filesystem::temp_directory_path() / "hawser-demo-XXXXXX").string();
    if (::mkdtemp(pattern.data()) == nullptr)
      throw std::runtime_error("no scratch folder: " + pattern);
    path_ = pattern;
  }
  ~scratch_folder() {
    std::error_code ignored;
    std::filesystem::remove_all(path_, ignored);
  }
  std::string file(const std::string& name) const { return (path_ / name).string(); }

 private:
  std::filesystem::path path_;
};

class director {
 public:
  director(const demo_options& o, const std::function<void(std::uint64_t, std::uint64_t)>& progress,
           const std::atomic<bool>& over)
      : options_(o), progress_(progress), over_(over), random_(o.seed), relay_(loop_) {}
  ~director() {
    loop_->stop();
    if (loop_thread_.joinable()) loop_thread_.join();
  }

  demo_report run();

 private:
  void start_cloud();
  void start_feeders();
  std::vector<std::string> edge_arguments(std::size_t device, bool follow) const;
  std::vector<std::function<void()>> plan();
  void strike(std::size_t number, const std::function<void()>& blow_now);
  void cut(cut_kind how);
  void kill_cloud();
  void kill_edge();
  bool wait_until(const std::function<bool()>& reached);
  void drain();
  std::uint64_t total(std::uint64_t (feeder::*what)() const) const;
  double seconds_since_begin() const {
    return std::chrono::duration<double>(clock::now() - begin_).count();
  }
  void require_not_over() const {
    if (over_) throw demo_interrupted();
  }
  std::uint64_t pick(std::uint64_t below) { return random_() % below; }

  demo_options options_;
  const std::function<void(std::uint64_t, std::uint64_t)>& progress_;
  const std::atomic<bool>& over_;
  std::mt19937_64 random_;
  scratch_folder folder_;
  std::shared_ptr<io::loop> loop_ = std::make_shared<io::loop>();
  io::relay relay_;
  std::uint16_t relay_port_ = 0;
  std::thread loop_thread_;
  std::unique_ptr<child_process> cloud_;
  std::vector<std::unique_ptr<feeder>> feeders_;
  clock::time_point begin_ = clock::now();
  clock::time_point deadline_;
  demo_report report_;
};

std::uint64_t director::total(std::uint64_t (feeder::*what)() const) const {
  std::uint64_t n = 0;
  for (const auto& f : feeders_) n += ((*f).*what)();
  return n;
}

void director::start_cloud() {
  cloud_ = std::make_unique<child_process>(
      std::vector<std::string>{"--log", "error", "cloud", "--listen", "127.0.0.1:0", "--ledger",
                               "sqlite:" + folder_.file("ledger.db")},
      false);
  while (!cloud_->readable(50)) require_not_over();
  const auto line = cloud_->read_line();
  const auto colon = line ? line->rfind(':') : std::string::npos;
  require_not_over();
  if (colon == std::string::npos) throw std::runtime_error("the cloud did not start");
  relay_.aim(static_cast<std::uint16_t>(std::strtoul(line->c_str() + colon + 1, nullptr, 10)));
}

std::vector<std::string> director::edge_arguments(std::size_t device, bool follow) const {
  const std::string name = "device-" + std::to_string(device);
  std::vector<std::string> a{"--log",
                             "off",
                             "edge",
                             "--url",
                             "ws://127.0.0.1:" + std::to_string(relay_port_),
                             "--device",
                             name,
                             "--store",
                             folder_.file(name + ".db"),
                             "--heartbeat",
                             "250ms",
                             "--backoff",
                             "20ms..200ms"};
  if (follow) {
    a.insert(a.end(), {"--events", "-", "--follow"});
  } else {
    a.insert(a.end(), {"--events", "/dev/null", "--drain-timeout", "30s"});
  }
  return a;
}

void director::start_feeders() {
  for (std::size_t i = 0; i < options_.devices; ++i) {
    feeder::config c;
    c.device = "device-" + std::to_string(i + 1);
    c.arguments = edge_arguments(i + 1, true);
    c.over = &over_;
    c.events =
        options_.receipts / options_.devices + (i < options_.receipts % options_.devices ? 1 : 0);
    feeders_.push_back(std::make_unique<feeder>(std::move(c)));
  }
  for (const auto& f : feeders_) f->start();
}

bool director::wait_until(const std::function<bool()>& reached) {
  auto next_report = clock::now();
  while (!reached()) {
    require_not_over();
    const auto now = clock::now();
    if (now > deadline_) return false;
    if (now >= next_report) {
      progress_(total(&feeder::acknowledged), options_.receipts);
      next_report = now + 200ms;
    }
    std::this_thread::sleep_for(1ms);
  }
  return true;
}

void director::cut(cut_kind how) {
  constexpr const char* names[] = {"hang-up", "half-open silence", "reset"};
  report_.blows.push_back({std::string("cut: ") + names[static_cast<int>(how)], false});
  relay_.cut(how);
}

void director::kill_cloud() {
  report_.blows.push_back({"kill -9: cloud", true});
  cloud_->signal(SIGKILL);
  cloud_->wait();
  start_cloud();
}

void director::kill_edge() {
  feeder& victim = *feeders_[pick(feeders_.size())];
  report_.blows.push_back({"kill -9: " + victim.device(), true});
  victim.kill();
}

// Cuts and kills in random order, the cloud and an edge in turn.
std::vector<std::function<void()>> director::plan() {
  std::vector<std::function<void()>> blows;
  for (std::size_t i = 0; i < options_.cuts; ++i) {
    blows.push_back([this, i] { cut(static_cast<cut_kind>(i % 3)); });
  }
  for (std::size_t i = 0; i < options_.kills; ++i) {
    blows.push_back([this, i] { i % 2 == 0 ? kill_cloud() : kill_edge(); });
  }
  std::shuffle(blows.begin(), blows.end(), random_);
  return blows;
}

// The feeders get their events in shares, so that no blow comes too late: each is dealt when its
// share has arrived in the ledger and more is on its way.
void director::strike(std::size_t number, const std::function<void()>& blow_now) {
  const std::size_t shares = options_.cuts + options_.kills + 2;
  const std::uint64_t share = options_.receipts * (number + 1) / shares;
  std::size_t allowed = number + 2;
  const auto due = [&] {
    for (const auto& f : feeders_) f->allow(f->events() * allowed / shares + 1);
    const std::uint64_t acknowledged = total(&feeder::acknowledged);
    if (acknowledged >= share && total(&feeder::in_flight) > 0) return true;
    if (acknowledged < options_.receipts * allowed / shares) return false;
    return ++allowed >
           shares;  // It all arrived between two looks: the next share, if there is one.
  };
  if (!wait_until(due)) return;
  const std::uint64_t in_flight = total(&feeder::in_flight);
  blow_now();
  report_.blows.back().in_flight = in_flight;
  report_.blows.back().at = seconds_since_begin();
}

// Every edge once more, without events: it ends with 0 when all of its receipts are acknowledged.
void director::drain() {
  for (std::size_t i = 0; i < options_.devices; ++i) {
    child_process edge(edge_arguments(i + 1, false), false);
    edge.close_input();
    if (const int code = edge.wait_at_most(40s, over_); code != 0) {
      report_.trouble =
          "device-" + std::to_string(i + 1) + " ended its drain with " + std::to_string(code);
    }
  }
}

demo_report director::run() {
  deadline_ = begin_ + 60s + 10ms * options_.receipts;
  const auto port = relay_.listen();
  if (!port) throw std::runtime_error("the relay cannot listen");
  relay_port_ = *port;
  loop_thread_ = std::thread([this] { loop_->run(); });
  start_cloud();
  start_feeders();
  const auto blows = plan();
  for (std::size_t i = 0; i < blows.size(); ++i) strike(i, blows[i]);
  for (const auto& f : feeders_) f->allow(f->events());
  const auto answered = [&] {
    return std::all_of(feeders_.begin(), feeders_.end(),
                       [](const auto& f) { return f->all_answered(); });
  };
  if (!wait_until(answered)) report_.trouble = "not every event was answered in time";
  for (const auto& f : feeders_) f->stop();
  require_not_over();
  drain();
  progress_(total(&feeder::answered), options_.receipts);
  cloud_->signal(SIGTERM);
  if (const int code = cloud_->wait_at_most(20s, over_); code != 0) {
    report_.trouble = "the cloud ended with " + std::to_string(code);
  }
  require_not_over();
  std::vector<const feeder*> all;
  for (const auto& f : feeders_) all.push_back(f.get());
  report_.proof = prove(folder_.file("ledger.db"), all);
  if (const auto refused = total(&feeder::refused); refused != 0) {
    report_.trouble = std::to_string(refused) + " events were refused";
  }
  if (report_.blows.size() != options_.cuts + options_.kills && report_.trouble.empty()) {
    report_.trouble = "not every blow was dealt in time";
  }
  report_.seconds = seconds_since_begin();
  return report_;
}

}  // namespace

demo_report run_demo(const demo_options& o,
                     const std::function<void(std::uint64_t, std::uint64_t)>& progress,
                     const std::atomic<bool>& over) {
  return director(o, progress, over).run();
}

}  // namespace hawser::cli
