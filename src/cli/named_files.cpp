#include "cli/named_files.hpp"

#include <hawser/store/sqlite.hpp>

#include <cerrno>
#include <cstring>
#include <filesystem>
#include <initializer_list>
#include <sys/stat.h>
#include <unistd.h>
#include <utility>

namespace hawser::cli {
namespace {

std::string because(const std::string& path, const std::string& why) { return path + ": " + why; }
std::string system_error(const std::string& path) { return because(path, std::strerror(errno)); }

// Without opening it: that would wake who waits at the other end of a pipe.
std::string usable(const std::string& path, int mode, bool regular) {
  struct stat s {};
  if (::stat(path.c_str(), &s) != 0) return system_error(path);
  if (S_ISDIR(s.st_mode)) return because(path, std::strerror(EISDIR));
  if (regular && !S_ISREG(s.st_mode)) return because(path, "is no regular file");
  if (!regular && S_ISSOCK(s.st_mode)) return because(path, "is a socket");
  return ::eaccess(path.c_str(), mode) == 0 ? std::string() : system_error(path);
}

std::string store_to_read(const std::string& path, store_kind kind) {
  if (path.empty()) return {};
  std::string why = usable(path, R_OK, true);
  return why.empty() ? why_no_store(path, kind) : why;
}

std::string store_to_write(const std::string& path, store_kind kind) {
  if (path.empty()) return {};
  std::error_code ec;
  // A link that leads nowhere yet is followed when the file is made.
  const std::string folder =
      std::filesystem::weakly_canonical(std::filesystem::absolute(path), ec).parent_path().string();
  if (ec) return because(path, ec.message());
  struct stat s {};
  if (::stat(folder.c_str(), &s) != 0) return system_error(folder);
  if (!S_ISDIR(s.st_mode)) return because(folder, std::strerror(ENOTDIR));
  if (::stat(path.c_str(), &s) == 0) {
    std::string why = usable(path, R_OK | W_OK, true);
    if (why.empty() && s.st_size > 0) why = why_no_store(path, kind);  // An empty one is new.
    if (!why.empty()) return why;
  }
  return ::eaccess(folder.c_str(), W_OK | X_OK) == 0 ? std::string() : system_error(folder);
}

std::string replaced(std::string text,
                     std::initializer_list<std::pair<std::string_view, std::string_view>> names) {
  for (const auto& [from, to] : names) {
    if (const auto at = text.find(from); at != std::string::npos) text.replace(at, from.size(), to);
  }
  return text;
}

}  // namespace

std::string readable_file(const std::string& path) {
  return path.empty() ? std::string() : usable(path, R_OK, false);
}

std::string readable_input(const std::string& path) {
  return path == "-" ? std::string() : readable_file(path);
}

std::string socket_path(const std::string& path) {
  struct stat s {};
  if (path.empty() || ::stat(path.c_str(), &s) != 0 || S_ISSOCK(s.st_mode)) return {};
  return because(path, "is no socket");
}

std::string outbox_file(const std::string& path) {
  return store_to_write(path, store_kind::outbox);
}

std::string ledger_url(const std::string& url) {
  if (!url.starts_with(sqlite_scheme)) return {};
  return store_to_write(url.substr(sqlite_scheme.size()), store_kind::ledger);
}

std::string outbox_archive(const std::string& path) {
  return store_to_read(path, store_kind::outbox);
}

std::string ledger_archive(const std::string& path) {
  return store_to_read(path, store_kind::ledger);
}

std::string in_client_words(std::string complaint) {
  return replaced(std::move(complaint), {{"tls.ca_file", "--ca"},
                                         {"tls.certificate_file", "--cert"},
                                         {"tls.key_file", "--key"},
                                         {"tls.pins:", "--pin:"},
                                         {"subprotocols:", "--subprotocol:"},
                                         {"headers:", "--header:"}});
}

std::string in_server_words(std::string complaint) {
  return replaced(std::move(complaint), {{"tls.client_ca_file", "--client-ca"},
                                         {"tls.certificate_file", "--tls-cert"},
                                         {"tls.key_file", "--tls-key"}});
}

}  // namespace hawser::cli
