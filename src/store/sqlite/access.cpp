#include "store/sqlite/access.hpp"

#include "store/sqlite/database.hpp"

#include <cerrno>
#include <filesystem>
#include <system_error>
#include <unistd.h>

namespace hawser::io::sqlite {

void require_regular_files(const std::string& path) {
  for (const char* suffix : {"", "-wal", "-shm", "-journal", ".id"}) {
    std::error_code ec;
    const auto found = std::filesystem::status(path + suffix, ec);
    if (!std::filesystem::exists(found) || std::filesystem::is_regular_file(found)) continue;
    throw store_error(store_errc::failed, path + suffix + ": is no regular file");
  }
}

void require_writable(const std::string& path) {
  require_regular_files(path);
  const auto require = [](const std::string& name, int mode) {
    if (::eaccess(name.c_str(), mode) == 0 || errno == ENOENT) return;
    throw store_error(store_errc::failed, name + ": " + std::generic_category().message(errno));
  };
  for (const char* suffix : {"", "-wal", "-shm", "-journal", "-lock", ".id"})
    require(path + suffix, R_OK | W_OK);
  const std::string folder = std::filesystem::absolute(path).parent_path().string();
  require(folder, W_OK | X_OK);
}

}  // namespace hawser::io::sqlite
