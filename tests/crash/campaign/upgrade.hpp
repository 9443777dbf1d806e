// The upgrade of an old store, killed again and again.
#pragma once

#include "crash/campaign/verdict.hpp"

#include <cstdint>
#include <string>

namespace hawser::crash {

struct upgrade_options {
  std::uint64_t seed = 1;
  int kills = 6;
};

/// An edge that never saw its cloud leaves receipts; their file becomes one of version 1; the edge
/// is killed while it begins, until it is upgraded; then the cloud gets everything.
verdict run_upgrade(const upgrade_options& options, const std::string& folder);

}  // namespace hawser::crash
