#include "store/sqlite/file_lock.hpp"

#include "store/sqlite/database.hpp"

#include <cerrno>
#include <fcntl.h>
#include <sys/file.h>
#include <system_error>
#include <unistd.h>

namespace hawser::io::sqlite {

file_lock::file_lock(const std::string& path)
    : descriptor_(::open(path.c_str(), O_RDWR | O_CREAT | O_CLOEXEC, 0644)) {
  if (descriptor_ < 0) {
    throw store_error(store_errc::failed, path + ": " + std::generic_category().message(errno));
  }
  int locked = 0;
  do {
    locked = ::flock(descriptor_, LOCK_EX | LOCK_NB);
  } while (locked != 0 && errno == EINTR);
  if (locked != 0) {
    const int why = errno;
    ::close(descriptor_);
    throw store_error(store_errc::failed,
                      path + ": " +
                          (why == EWOULDBLOCK ? std::string("held by another writer")
                                              : std::generic_category().message(why)));
  }
}

file_lock::~file_lock() { ::close(descriptor_); }

}  // namespace hawser::io::sqlite
