// Kills, stops and drains of real processes at random moments.
#pragma once

#include "crash/campaign/verdict.hpp"

#include <chrono>
#include <cstdint>
#include <functional>
#include <string>
#include <vector>

namespace hawser::crash {

struct kill_options {
  std::uint64_t seed = 1;
  std::uint64_t kills = 50;
  int devices = 2;
  int quotas = 3;
  std::chrono::milliseconds longest_life{400};  ///< of a process between two blows
  /// Somebody is stopped (SIGSTOP) for each of these, beside the short stops that happen anyway.
  std::vector<std::chrono::milliseconds> long_stops = {};
};

/// One store under kills from its making on, and the proof at its end. `progress` is given the
/// kills so far. `folder` is empty at the beginning, and keeps the evidence.
verdict run_kills(const kill_options& options, const std::string& folder,
                  const std::function<void(std::uint64_t)>& progress);

}  // namespace hawser::crash
