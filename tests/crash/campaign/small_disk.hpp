// A real file system that is really full: where mounting is allowed.
#pragma once

#include "crash/campaign/verdict.hpp"

#include <cstdint>
#include <string>

namespace hawser::crash {

/// An ext4 file system with blocks of 1 KiB in a file, mounted as long as this lives.
class small_disk {
 public:
  /// In `folder`, which must exist.
  explicit small_disk(const std::string& folder, int megabytes = 12);
  ~small_disk();
  small_disk(const small_disk&) = delete;
  small_disk& operator=(const small_disk&) = delete;

  /// False: nobody here may mount, or there is no mkfs.ext4.
  bool mounted() const { return mounted_; }
  std::string path() const { return folder_ + "/disk"; }
  /// Leaves so many bytes free.
  void fill(std::uint64_t but);
  void make_room();

 private:
  std::string folder_;
  bool mounted_ = false;
};

struct small_disk_options {
  std::uint64_t seed = 1;
  int fillings = 4;
};

/// Processes on such a disk, which is filled up and emptied again, with kills in between: none may
/// end by itself but an edge or cloud that refuses to start. tried is 0 where nobody may mount.
verdict run_small_disk(const small_disk_options& options, const std::string& folder);

}  // namespace hawser::crash
