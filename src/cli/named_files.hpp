// Files that arguments name, looked at before anything begins. Each answers why the file cannot be
// used, or nothing: what CLI::Option::check() takes. An empty path is none of their business.
#pragma once

#include <string>
#include <string_view>

namespace hawser::cli {

/// A file, pipe or device that can be read.
std::string readable_file(const std::string& path);
/// The same, or "-".
std::string readable_input(const std::string& path);
/// The path of a socket, if there is something at all: who listens there may come later.
std::string socket_path(const std::string& path);

/// A store to be written: there, or its folder can be written.
std::string outbox_file(const std::string& path);
/// The same behind `sqlite:`.
std::string ledger_url(const std::string& url);
/// A store to be looked into.
std::string outbox_archive(const std::string& path);
std::string ledger_archive(const std::string& path);

inline constexpr std::string_view sqlite_scheme = "sqlite:";

/// What the library says of `tls.ca_file` and its like, in the words of `edge` and `connect`
/// (`--ca`,
/// `--cert`, `--key`), or of `cloud`.
std::string in_client_words(std::string complaint);
std::string in_server_words(std::string complaint);

}  // namespace hawser::cli
