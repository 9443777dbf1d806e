// What the long campaign is asked to do.
#pragma once

#include <cstdint>
#include <string>

namespace hawser::crash {

struct campaign_options {
  std::uint64_t seed = 1;
  std::uint64_t kills = 1000;
  std::uint64_t cuts = 1000;
  std::uint64_t errors = 300;
  std::uint64_t full_disks = 50;
  std::uint64_t upgrades = 20;
  std::uint64_t jobs = 2;
  std::uint64_t minutes = 30;  ///< no new part is begun after so long
  std::string keep = {};  ///< where the evidence of findings is kept; empty: beside temporaries
};

/// Reads them; exits with 2, or with 0 after --help.
campaign_options read_options(int argc, char** argv);

}  // namespace hawser::crash
