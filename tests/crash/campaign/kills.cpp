#include "crash/campaign/kills.hpp"

#include "crash/campaign/site.hpp"

namespace hawser::crash {
namespace {

constexpr std::uint64_t young_ms = 50;

class kill_run {
 public:
  kill_run(const kill_options& o, const std::string& folder)
      : options_(o), chance_(o.seed), site_(folder, o.seed * 1000, o.devices, o.quotas) {}

  verdict run(const std::function<void(std::uint64_t)>& progress) {
    auto stops = options_.long_stops;
    while (kills_ < options_.kills && site_.found().holds()) {
      strike();
      if (!stops.empty() && kills_ * (options_.long_stops.size() + 1) >
                                options_.kills * (options_.long_stops.size() + 1 - stops.size())) {
        stop_somebody(stops.back());
        stops.pop_back();
      }
      progress(kills_);
    }
    if (site_.settle()) site_.prove();
    site_.found().tried = kills_;
    return site_.found();
  }

 private:
  milliseconds up_to(std::uint64_t ms) {
    return milliseconds(static_cast<std::int64_t>(chance_.below(ms + 1)));
  }
  std::size_t any_edge() { return chance_.below(site_.edges().size()); }

  // Everything runs from here on, but now and then somebody is missing for a while.
  void start() {
    const std::uint64_t missing = chance_.percent(20) ? chance_.below(3) : 3;
    if (missing != 0) site_.start_cloud();
    for (std::size_t i = 0; i < site_.edges().size(); ++i) {
      if (missing != 1 || i != 0) site_.start_edge(i);
    }
  }

  void strike() {
    start();
    if (chance_.percent(15)) site_.verify_beside(chance_.below(site_.edges().size() + 1));
    const auto longest = static_cast<std::uint64_t>(options_.longest_life.count());
    site_.run_for(up_to(chance_.percent(40) ? young_ms : longest));
    switch (chance_.below(10)) {
      case 0:
      case 1:
        kills_ += site_.kill_cloud();
        break;
      case 2:
        kill_everybody();
        break;
      case 3:
      case 4:
        kill_while_draining();
        break;
      case 5:
        kill_while_ending();
        break;
      case 6:
        stop_somebody(up_to(500));
        break;
      default:
        kills_ += site_.kill_edge(any_edge());
    }
  }

  void kill_everybody() {
    kills_ += site_.kill_cloud();
    for (std::size_t i = 0; i < site_.edges().size(); ++i) kills_ += site_.kill_edge(i);
  }

  void kill_while_draining() {
    const std::size_t i = any_edge();
    site_.drain_edge(i);
    site_.run_for(up_to(30));
    if (chance_.percent(30)) kills_ += site_.kill_cloud();
    kills_ += site_.kill_edge(i);
  }

  void kill_while_ending() {
    const std::size_t i = any_edge();
    const bool the_cloud = chance_.percent(50);
    if (!(the_cloud ? site_.end_cloud() : site_.end_edge(i))) return;
    site_.run_for(up_to(30));
    kills_ += the_cloud ? site_.kill_cloud() : site_.kill_edge(i);
  }

  void stop_somebody(milliseconds time) {
    start();
    const std::size_t i = any_edge();
    const bool the_cloud = chance_.percent(50);
    test::program* victim = the_cloud ? site_.cloud() : site_.edges()[i].run.get();
    if (!victim) return;
    victim->signal(SIGSTOP);
    site_.run_for(time);
    if (chance_.percent(30)) {
      kills_ += the_cloud ? site_.kill_cloud() : site_.kill_edge(i);
    } else {
      victim->signal(SIGCONT);
    }
  }

  kill_options options_;
  chance chance_;
  site site_;
  std::uint64_t kills_ = 0;
};

}  // namespace

verdict run_kills(const kill_options& options, const std::string& folder,
                  const std::function<void(std::uint64_t)>& progress) {
  return kill_run(options, folder).run(progress);
}

}  // namespace hawser::crash
