// A cloud and its edges as processes on one folder, fed and watched by one thread.
#pragma once

#include "crash/campaign/feeder.hpp"
#include "crash/campaign/verdict.hpp"
#include "support/program.hpp"

#include <chrono>
#include <memory>
#include <string>
#include <vector>

namespace hawser::crash {

using std::chrono::milliseconds;

/// One edge: its events, its store, its process while it has one.
struct fed_edge {
  feeder feed;
  std::string store;
  std::unique_ptr<test::program> run;
  bool draining = false;  ///< its input has ended, or it was told to end
};

/// Processes that end by themselves count as broken, unless they were told to end.
class site {
 public:
  /// `folder` must exist, and be short enough for a socket's path.
  site(std::string folder, std::uint64_t seed, int devices, int quotas);

  void start_cloud();
  void start_edge(std::size_t i);
  /// Kills it if it runs; whether it did.
  bool kill_cloud();
  bool kill_edge(std::size_t i);
  /// Tells it to end (SIGTERM) if it runs; whether it does.
  bool end_cloud();
  bool end_edge(std::size_t i);
  /// Its input ends: it waits for acknowledgments, then ends.
  void drain_edge(std::size_t i);
  /// Starts what does not run.
  void start_all();

  /// Feeds and reads for so long.
  void run_for(milliseconds time);
  /// Feeds until everything asked is answered, lets every edge drain and end, then the cloud.
  /// False, with a finding, if that does not come about.
  bool settle();
  /// Verifies a store while whoever owns it runs, begins or ends. It may not be called broken.
  void verify_beside(std::size_t which);
  /// Everything that was answered, against the stores as they lie there. After settle().
  void prove();

  std::vector<fed_edge>& edges() { return edges_; }
  test::program* cloud() { return cloud_.get(); }
  const std::string& ledger() const { return ledger_; }
  const std::string& folder() const { return folder_; }
  verdict& found() { return found_; }

  std::size_t most_in_flight = 32;
  int events_per_second = 500;  ///< of each device
  bool may_refuse = false;      ///< a disk is full: they may end with 1, and not start

 private:
  void feed(fed_edge& e);
  void read(fed_edge& e);
  bool look_for_ends();
  std::string log_of(const std::string& name) const { return folder_ + "/" + name + ".log"; }

  std::string folder_;
  std::string ledger_;
  std::string socket_;
  std::vector<fed_edge> edges_;
  std::unique_ptr<test::program> cloud_;
  bool ending_ = false;  // the cloud was told to
  std::chrono::steady_clock::time_point begun_ = std::chrono::steady_clock::now();
  verdict found_;
};

}  // namespace hawser::crash
