// Holds what the feeders were told against what the ledger says, and nothing else.
#pragma once

#include "cli/demo/feeder.hpp"

#include <cstdint>
#include <string>
#include <vector>

namespace hawser::cli {

struct demo_proof {
  std::uint64_t answered = 0;      ///< events answered as done
  std::uint64_t ledger = 0;        ///< receipts in the ledger
  std::uint64_t unprompted = 0;    ///< of them, those that no event asked for
  std::uint64_t lost = 0;          ///< answered, not in the ledger
  std::uint64_t duplicated = 0;    ///< in the ledger more than once
  std::uint64_t out_of_order = 0;  ///< not in the order of the answers within their stream
  std::uint64_t broken = 0;        ///< streams with a broken link

  bool holds() const noexcept {
    return lost == 0 && duplicated == 0 && out_of_order == 0 && broken == 0;
  }
};

/// Reads the ledger file. Throws std::runtime_error if it cannot be read.
demo_proof prove(const std::string& ledger, const std::vector<const feeder*>& feeders);

}  // namespace hawser::cli
