// What became of an outbox that is not there any more, as receipts of the one after it.
#pragma once

#include <hawser/governor/types.hpp>
#include <hawser/store/sqlite.hpp>

#include <string>
#include <vector>

namespace hawser {

/// The first receipts of the device's own stream: one for each head that could be read, at least
/// one.
struct outbox_reset {
  std::string reason;
  std::vector<governor::fields> receipts;
};

outbox_reset reset_of(const moved_outbox& old, const std::string& device);
outbox_reset reset_of(const lost_outbox& old);

}  // namespace hawser
