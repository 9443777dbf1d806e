// The upgrades of old stores, killed again and again.
#pragma once

#include "crash/campaign/verdict.hpp"

#include <cstdint>
#include <string>

namespace hawser::crash {

struct upgrade_options {
  std::uint64_t seed = 1;
  int kills = 6;
};

/// A cloud is killed when it has the first receipts of an edge, the edge when it has more; their
/// files become ones of version 1; both are killed while they begin, until they are upgraded; then
/// the cloud gets everything.
verdict run_upgrade(const upgrade_options& options, const std::string& folder);

}  // namespace hawser::crash
