#include "io/sqlite/access.hpp"

#include "io/sqlite/database.hpp"

#include <cerrno>
#include <filesystem>
#include <system_error>
#include <unistd.h>

namespace hawser::io::sqlite {

void require_writable(const std::string& path) {
  const auto require = [](const std::string& name, int mode) {
    if (::eaccess(name.c_str(), mode) == 0 || errno == ENOENT) return;
    throw store_error(errc::store_failed, name + ": " + std::generic_category().message(errno));
  };
  for (const char* suffix : {"", "-wal", "-shm", "-lock", ".id"})
    require(path + suffix, R_OK | W_OK);
  const std::string folder = std::filesystem::absolute(path).parent_path().string();
  require(folder, W_OK | X_OK);
}

}  // namespace hawser::io::sqlite
