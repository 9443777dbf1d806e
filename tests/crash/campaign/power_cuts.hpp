// Images of a disk whose power was cut, at sector grain.
#pragma once

#include "crash/campaign/verdict.hpp"

#include <cstdint>
#include <string>

namespace hawser::crash {

struct cut_options {
  std::uint64_t seed = 1;
  int images = 50;
  int events = 200;        ///< that are fed while the disk is watched
  int resumed_every = 8;   ///< so many images, one goes on as a whole system; 0: none
  bool while_made = true;  ///< also before the first answer
  /// Some syncs fail: what they should have synced may be lost for ever.
  bool failing_syncs = false;
};

/// Watches the disk of an edge and a cloud at work, then builds images of it and opens each: every
/// event that was answered is in the outbox, every receipt that was acknowledged in the ledger.
/// `folder` is empty at the beginning, and keeps the bad images.
verdict run_power_cuts(const cut_options& options, const std::string& folder);

}  // namespace hawser::crash
