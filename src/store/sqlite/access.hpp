// Whether a store's files can be used, asked before any of them is opened.
#pragma once

#include <string>

namespace hawser::io::sqlite {

/// Throws store_error, by the name of the file, if what has the name of the store, of its log or
/// its index, or of FILE.id, is a folder, or a pipe, at which whoever opens it would wait for ever.
void require_regular_files(const std::string& path);

/// The same, and if one of those that are there may only be read, or nothing can be made in their
/// folder.
void require_writable(const std::string& path);

}  // namespace hawser::io::sqlite
