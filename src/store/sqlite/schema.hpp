// What the tables of a store must be, and whether a file has these and no others.
#pragma once

#include "store/sqlite/database.hpp"

#include <optional>
#include <string>

namespace hawser::io::sqlite {

/// What is wrong with a schema.
struct schema_fault {
  bool foreign = false;  ///< something was added: nothing of ours is damaged
  std::string what;
};

/// Compares the schema of `db` with the one that the statements `ours` make, object by object. What
/// is not ours is a fault, but for what SQLite keeps itself: a trigger may undo a write that was
/// answered for.
std::optional<schema_fault> compare_schema(database& db, const std::string& ours);

/// Throws store_errc::corrupt for what is missing or changed, store_errc::failed, by name, for what
/// was added.
void require_schema(database& db, const std::string& ours);

/// SQLite's own check, without that of the indexes. Throws store_errc::corrupt.
void require_sound(database& db);
/// The same, but for the types of cells: whoever reads a row finds them, and they are that row's
/// alone.
void require_sound_trees(database& db);

}  // namespace hawser::io::sqlite
