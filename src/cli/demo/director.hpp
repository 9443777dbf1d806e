// Runs the demo: a cloud, edges, a relay between them, and the blows that they must survive.
#pragma once

#include <hawser/io/relay.hpp>

#include "cli/demo/feeder.hpp"
#include "cli/demo/proof.hpp"

#include <functional>
#include <random>

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

/// `progress` is told how far it is, a few times a second. Bounded in time: 60 s and 10 ms a
/// receipt, then `trouble` says what was not reached.
demo_report run_demo(const demo_options& o,
                     const std::function<void(std::uint64_t done, std::uint64_t of)>& progress);

}  // namespace hawser::cli
