// Looks at the log of a store that nobody has open, before SQLite does.
#pragma once

#include "store/sqlite/store_id.hpp"

#include <string>

namespace hawser::io::sqlite {

/// In words that begin with the path; empty: nothing.
struct log_verdict {
  std::string damage;  ///< what is known to be missing of what the log had
  std::string doubt;   ///< the log is gone, and the count that could show a loss may be an old one
};

/// Either the log itself shows its damage (wal_judge), or there is none although FILE.id, which
/// said `known`, knows of one. `content`: SQL that answers the epoch, or NULL, and how many
/// receipts were ever appended: if the database itself has all of them, another program has tidied
/// the log away. No file is made or changed.
log_verdict judge_log(const std::string& path, const std::optional<store_record>& known,
                      const char* content);

}  // namespace hawser::io::sqlite
