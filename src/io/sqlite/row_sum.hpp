// A checksum of a row, for what no hash covers.
#pragma once

#include <sqlite3.h>

namespace hawser::io::sqlite {

/// Gives the connection the SQL function hawser_sum(a, b, ...): FNV-1a over the types and values of
/// its arguments, 64 bits. It finds what a disk has changed, not what a person has.
void add_row_sum(sqlite3* db);

}  // namespace hawser::io::sqlite
