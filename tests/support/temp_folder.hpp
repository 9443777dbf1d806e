// A folder of a test's own, removed with all that is in it.
#pragma once

#include <filesystem>
#include <string>
#include <unistd.h>

namespace hawser::test {

class temp_folder {
 public:
  temp_folder() {
    path_ = (std::filesystem::temp_directory_path() / "hawser-XXXXXX").string();
    if (!::mkdtemp(path_.data())) throw std::filesystem::filesystem_error("mkdtemp", path_, {});
  }
  ~temp_folder() {
    std::error_code ignored;
    std::filesystem::remove_all(path_, ignored);
  }
  temp_folder(const temp_folder&) = delete;
  temp_folder& operator=(const temp_folder&) = delete;

  std::string operator/(const std::string& name) const { return path_ + '/' + name; }
  const std::string& path() const noexcept { return path_; }

 private:
  std::string path_;
};

}  // namespace hawser::test
