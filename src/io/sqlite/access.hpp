// Whether a store's files may be written, asked before anything of it is.
#pragma once

#include <string>

namespace hawser::io::sqlite {

/// Throws store_error, by the name of the file and with the reason, if one of those that are there
/// may only be read, or nothing can be made in their folder.
void require_writable(const std::string& path);

}  // namespace hawser::io::sqlite
