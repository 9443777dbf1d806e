// A file that this process has open, on a disk that is full.
#pragma once

#include <fcntl.h>
#include <filesystem>
#include <stdexcept>
#include <string>
#include <unistd.h>

namespace hawser::test {

/// While it lives, whatever is written by the descriptor that the process has of `path` fails with
/// ENOSPC.
class unwritable {
 public:
  explicit unwritable(const std::string& path) {
    namespace fs = std::filesystem;
    for (const auto& entry : fs::directory_iterator("/proc/self/fd")) {
      std::error_code ec;
      if (fs::read_symlink(entry.path(), ec) == path) {
        descriptor_ = std::stoi(entry.path().filename());
      }
    }
    if (descriptor_ < 0) throw std::runtime_error(path + ": nobody has it open");
    kept_ = ::dup(descriptor_);
    const int full = ::open("/dev/full", O_RDWR | O_CLOEXEC);
    ::dup2(full, descriptor_);
    ::close(full);
  }
  ~unwritable() {
    ::dup2(kept_, descriptor_);
    ::close(kept_);
  }
  unwritable(const unwritable&) = delete;
  unwritable& operator=(const unwritable&) = delete;

 private:
  int descriptor_ = -1;
  int kept_ = -1;
};

}  // namespace hawser::test
