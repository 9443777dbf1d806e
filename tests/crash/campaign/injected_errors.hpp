// I/O errors at the Nth call of each kind, and disks that are full for a while.
#pragma once

#include "crash/campaign/disk.hpp"
#include "crash/campaign/verdict.hpp"

#include <cstdint>
#include <string>

namespace hawser::crash {

enum class side { edge, cloud };

struct error_options {
  std::uint64_t seed = 1;
  int events = 120;
};

/// One error (or several, or one that lasts) of that kind of call, at a call that the seed chooses,
/// on the disk of the edge or of the cloud; then a healed disk, sometimes a restart, and the proof.
/// What is answered store_failed must not have happened. tried is 0 if no call was hit.
verdict run_injected_error(const error_options& options, side where, disk_call what,
                           const std::string& folder);

/// A disk that is full after so many bytes as the seed chooses, until it is healed.
verdict run_full_disk(const error_options& options, side where, const std::string& folder);

}  // namespace hawser::crash
