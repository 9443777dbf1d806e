// The outbox's tables, its statements, and the check of a file that was found on disk.
#pragma once

#include <hawser/store/sqlite.hpp>

#include "store/sqlite/damage_list.hpp"
#include "store/sqlite/group.hpp"
#include "store/sqlite/names.hpp"
#include "store/sqlite/outbox/outbox_streams.hpp"

#include <set>

namespace hawser::io::sqlite {

inline constexpr file_kind outbox_kind{"an outbox of hawser", 0x68774F42, 2, 1};

struct outbox_setup : outbox_options {
  std::string file_system;  ///< a registered VFS; empty: the default
};

/// The epoch, and how many receipts were ever appended.
inline constexpr const char* outbox_content =
    "SELECT (SELECT value FROM meta WHERE key = 'epoch'), "
    "(SELECT coalesce(sum(seq), 0) FROM stream)";

/// The statements that make a file of that version.
std::string outbox_schema(std::int64_t version);
/// Refuses the outbox of another device: errc::invalid_option.
void require_device(database& db, const std::string& wanted);

/// A connection in WAL mode to a file of ours, which is made if there is none. `device` is stored
/// in a new file with a fresh epoch.
database open_outbox_database(const outbox_setup& options);

/// The connection of the writer and its statements.
struct outbox_file {
  explicit outbox_file(const outbox_setup& options);

  database db;
  std::unique_ptr<hasher> hash;
  std::string device;
  std::uint64_t epoch = 0;
  damage_list damages;  ///< that nobody was told of
  /// Keys by sid that were applied and that their rows do not name any more.
  std::set<std::pair<std::uint32_t, std::string>> doubtful;
  group writes;

  statement add_stream;
  statement update_stream;
  statement add_receipt;
  statement delete_receipts;
  statement acknowledged_receipts;
  statement read_receipts;
  statement hash_of;
  statement save_governor;
  statement all_governors;
  statement answer_of;
  statement event_of;
  statement add_answer;
  statement delete_answers;
  statement oldest_answers;
  statement delete_answer;
  statement note_wall;
  statement forget_wall;
  statement noted_wall;
  name_watch names;
};

/// A stream of a row of its columns, in their order.
kept_stream stream_of(rows& r);

/// What can still be read of the epoch and heads of the damaged file at `out.path`, which nobody
/// has open. No file is made or changed.
void salvage(moved_outbox& out) noexcept;

}  // namespace hawser::io::sqlite
