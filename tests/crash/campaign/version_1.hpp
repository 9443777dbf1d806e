// A store as the first version of its file left it.
#pragma once

#include <string>

namespace hawser::crash {

/// Makes a file of version 1 of an outbox or a ledger that nobody has open: what later versions
/// have added to its tables, and beside it, is taken away.
void make_version_1(const std::string& path);

/// PRAGMA user_version.
int version_of(const std::string& path);

}  // namespace hawser::crash
