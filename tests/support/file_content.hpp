// Files in one line: what is in them, and copies of a store as it lies on the disk.
#pragma once

#include <filesystem>
#include <fstream>
#include <iterator>
#include <string>

namespace hawser::test {

inline std::string file_content(const std::string& path) {
  std::ifstream in(path, std::ios::binary);
  return {std::istreambuf_iterator<char>(in), {}};
}

inline void set_file_content(const std::string& path, const std::string& content) {
  std::ofstream(path, std::ios::binary | std::ios::trunc) << content;
}

/// What a process that is killed now would leave of its store.
inline void copy_store(const std::string& from, const std::string& to) {
  namespace fs = std::filesystem;
  for (const char* suffix : {"", "-wal", "-shm", ".id"}) {
    fs::remove(to + suffix);
    if (fs::exists(from + suffix)) fs::copy(from + suffix, to + suffix);
  }
}

}  // namespace hawser::test
