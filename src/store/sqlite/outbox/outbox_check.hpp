// What an outbox file must hold when it is opened, and what of it is damaged.
#pragma once

#include "store/sqlite/outbox/outbox_file.hpp"

namespace hawser::io::sqlite {

/// Reads the streams and verifies the file: quick check, the checksum of each stream, its name
/// against its origin, row counts, the last links of every chain, and the answers. What is wrong
/// with one stream marks it and goes to file.damages; what is wrong with the file throws
/// store_error with store_errc::corrupt.
outbox_streams verify_outbox(outbox_file& file);

/// The governors as they were saved. One whose row is damaged has no state, and says why; of one
/// whose number is damaged, there is no record.
std::vector<governor_record> read_governors(outbox_file& file, const outbox_streams& streams);

}  // namespace hawser::io::sqlite
