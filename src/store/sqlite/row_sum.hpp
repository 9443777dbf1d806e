// A checksum of a row, for what no hash covers.
#pragma once

#include <sqlite3.h>

namespace hawser::io::sqlite {

/// Gives the connection the SQL function hawser_sum(a, b, ...): FNV-1a over the types and values of
/// its arguments, 64 bits. It finds what a disk has changed, not what a person has. The aggregate
/// hawser_total(a, b, ...) adds up the sums of all rows, in whatever order they come: two tables,
/// or a table and its index, have the same total only if they have the same rows.
void add_row_sum(sqlite3* db);

}  // namespace hawser::io::sqlite
