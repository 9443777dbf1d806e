// Whose outbox a file is, and its epoch: what all of its chains begin with.
#pragma once

#include <hawser/core/hash.hpp>
#include <hawser/store/sqlite.hpp>

#include "store/sqlite/database.hpp"

#include <optional>
#include <string>
#include <vector>

namespace hawser::io::sqlite {

struct outbox_identity {
  std::uint64_t epoch = 0;
  std::vector<std::string> damage;  ///< rows of meta that are not what was written
};

/// Reads the table meta of version 2. A device or an epoch that is damaged there is what the origin
/// of a stream proves; without a stream nothing depends on it. Throws errc::invalid_option for the
/// outbox of another device than the options say, store_errc::corrupt where no stream proves
/// anything.
outbox_identity read_identity(database& db, hasher& h, const outbox_options& options);

/// A fresh one.
std::uint64_t draw_epoch(const outbox_options& options);

}  // namespace hawser::io::sqlite
