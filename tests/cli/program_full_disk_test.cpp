// A full disk with small blocks, as mkfs.ext4 makes them on a small partition: the program goes on
// answering, and is never ended by SIGBUS.
#include "support/program_fixture.hpp"

#include <cstdlib>
#include <filesystem>
#include <random>
#include <sys/statvfs.h>

namespace hawser::test {
namespace program_full_disk_test {

namespace fs = std::filesystem;

/// A file system of its own in a file; needs the right to mount one.
class small_disk {
 public:
  explicit small_disk(const temp_folder& folder)
      : image_(folder / "image"), mounted_at_(folder / "disk") {
    fs::create_directory(mounted_at_);
    std::ofstream(image_).flush();
    fs::resize_file(image_, 3 << 20);
    works_ = run("mkfs.ext4 -q -b 1024 -m 0 -O ^has_journal " + image_) &&
             run("mount -o loop " + image_ + " " + mounted_at_);
  }
  ~small_disk() {
    if (works_) run("umount -l " + mounted_at_);
  }
  small_disk(const small_disk&) = delete;
  small_disk& operator=(const small_disk&) = delete;

  bool works() const { return works_; }
  std::string operator/(const std::string& name) const { return mounted_at_ + "/" + name; }
  /// Leaves only so much room.
  void fill_up_to(std::uint64_t free_bytes) {
    struct statvfs s {};
    ::statvfs(mounted_at_.c_str(), &s);
    const std::uint64_t free = s.f_bfree * s.f_frsize;
    std::ofstream out(mounted_at_ + "/filler", std::ios::app);
    if (free > free_bytes) out << std::string(free - free_bytes, 'x');
  }
  void clear() {
    for (const auto& f : fs::directory_iterator(mounted_at_)) fs::remove_all(f.path());
  }

 private:
  static bool run(const std::string& command) {
    return std::system((command + " >/dev/null 2>&1").c_str()) == 0;
  }

  std::string image_;
  std::string mounted_at_;
  bool works_ = false;
};

class full_disk : public program_fixture {
 protected:
  void SetUp() override {
    if (!disk.works()) GTEST_SKIP() << "no ext4 image can be made and mounted here";
  }
  static std::string events(int from, int count) {
    std::string input = set_line();
    for (int i = 0; i < count; ++i) input += use_line("k" + std::to_string(from + i));
    return input;
  }

  small_disk disk{folder};
  std::mt19937_64 random{7};
};

TEST_F(full_disk, ends_no_edge_wherever_it_is_full) {
  store = disk / "edge.db";
  int failed = 0;
  for (int round = 0; round < 25; ++round) {
    disk.clear();
    if (round % 2 == 0) fill_store(3);  // else it begins on the full disk
    disk.fill_up_to(random() % (128 * 1024));
    const finished r = run(edge_words(nobody), events(100, 150));
    ASSERT_TRUE(r.code >= 1 && r.code <= 3) << "round " << round << ": " << r.code << r.errors;
    failed += r.code != 3 ? 1 : 0;
    std::filesystem::remove(disk / "filler");
    // What was answered ok is there.
    const finished again = run(edge_words(nobody), events(100, 150));
    EXPECT_EQ(again.code, 3) << again.errors;
    for (std::size_t i = 0; i < r.lines.size(); ++i) {
      if (r.lines[i].find("\"ok\":true") == std::string::npos) continue;
      EXPECT_THAT(again.lines.at(i), ::testing::HasSubstr("\"repeated\":true")) << r.lines[i];
    }
  }
  EXPECT_GT(failed, 5) << "the disk has to be full";
}

TEST_F(full_disk, ends_no_cloud_wherever_it_is_full) {
  for (int round = 0; round < 12; ++round) {
    disk.clear();
    store = folder / ("edge" + std::to_string(round) + ".db");
    const std::string on_disk = disk / "ledger.db";
    if (round % 2 == 0) {
      ready_cloud first(on_disk);
      ASSERT_EQ(run(edge_words(first.url()), set_line()).code, 3);
    }
    disk.fill_up_to(random() % (96 * 1024));
    ready_cloud sky(on_disk);
    if (sky.url().empty()) {  // There was not even room to begin.
      EXPECT_EQ(sky.run().wait(), 2);
      continue;
    }
    auto words = edge_words(sky.url());
    words[words.size() - 3] = "300ms";
    const finished r = run(words, events(0, 200));
    EXPECT_TRUE(r.code == 0 || r.code == 3) << r.errors;
    sky.run().signal(SIGTERM);
    // Nothing ended it; a ledger that took nothing at last is told at the end.
    const int code = sky.run().wait();
    EXPECT_TRUE(code == 0 || (code == 1 && r.code == 3)) << "round " << round << ": " << code;
    std::filesystem::remove(disk / "filler");
    EXPECT_EQ(run({"ledger", "verify", on_disk}).code, 0);
  }
}

}  // namespace program_full_disk_test
}  // namespace hawser::test
