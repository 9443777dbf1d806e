// The stored answers of an outbox when it is opened: their index, their checksums, their number.
#pragma once

#include "store/sqlite/outbox/outbox_file.hpp"

namespace hawser::io::sqlite {

/// Counts the answers of each stream, names those that are damaged, and makes sure that no key that
/// was applied passes for a new one: an index that is not that of the table is made anew if the
/// table is whole, and a key that is damaged in its row is looked up in its receipt
/// (file.doubtful).
void verify_answers(outbox_file& file, outbox_streams& streams);

}  // namespace hawser::io::sqlite
