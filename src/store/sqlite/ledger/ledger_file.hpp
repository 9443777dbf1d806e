// The ledger's tables and statements.
#pragma once

#include <hawser/store/sqlite.hpp>

#include "store/sqlite/group.hpp"
#include "store/sqlite/names.hpp"

namespace hawser::io::sqlite {

inline constexpr file_kind ledger_kind{"a ledger of hawser", 0x68774C47, 2, 1};

struct ledger_setup : ledger_options {
  std::string file_system;  ///< a registered VFS; empty: the default
};

/// No epoch, and how many receipts were ever appended: none is removed.
inline constexpr const char* ledger_content =
    "SELECT NULL, (SELECT coalesce(max(lsn), 0) FROM receipt)";

/// The statements that make a file of that version.
std::string ledger_schema(std::int64_t version);

struct ledger_file {
  explicit ledger_file(const ledger_setup& options);

  database db;
  std::unique_ptr<hasher> hash;
  std::string notice;  ///< what was found when it was opened; empty: nothing
  group writes;

  statement find_stream;
  statement add_stream;
  statement swap_head;
  statement quarantine;
  statement add_receipt;
  statement mark_clock;
  statement hash_of;
  statement read_receipts;
  statement content;
  name_watch names;
};

}  // namespace hawser::io::sqlite
