// Runs the demo: a cloud, edges, a relay between them, and the blows that they must survive.
#pragma once

#include "cli/demo/feeder.hpp"
#include "cli/demo/proof.hpp"
#include "cli/demo/relay.hpp"

#include <atomic>
#include <functional>
#include <random>
#include <stdexcept>

namespace hawser::cli {

struct demo_options {
  std::size_t devices = 4;
  std::size_t receipts = 20'000;
  std::size_t cuts = 20;
  std::size_t kills = 6;
  std::uint64_t seed = 1;
};

/// One blow, as it was dealt.
struct blow {
  std::string what;  ///< "cut: reset", "kill: cloud", ...
  bool kill = false;
  double at = 0;                ///< seconds since the beginning
  std::uint64_t in_flight = 0;  ///< receipts on disk and not acknowledged at that moment
};

struct demo_report {
  demo_proof proof;
  std::vector<blow> blows;
  double seconds = 0;
  std::string trouble;  ///< what made the run stop early; empty: nothing
};

/// What run_demo() throws when it is called off.
struct demo_interrupted : std::runtime_error {
  demo_interrupted() : std::runtime_error("interrupted") {}
};

/// `progress` is told how far it is, a few times a second. Bounded in time: 60 s and 10 ms a
/// receipt, then `trouble` says what was not reached. Once it is `over`, its processes are killed,
/// its folder is removed, and demo_interrupted is thrown.
demo_report run_demo(const demo_options& o,
                     const std::function<void(std::uint64_t done, std::uint64_t of)>& progress,
                     const std::atomic<bool>& over);

}  // namespace hawser::cli
