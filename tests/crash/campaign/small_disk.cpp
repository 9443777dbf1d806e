#include "crash/campaign/small_disk.hpp"

#include "crash/campaign/site.hpp"

#include <fcntl.h>
#include <filesystem>
#include <spawn.h>
#include <sys/statvfs.h>
#include <unistd.h>

namespace hawser::crash {
namespace {

namespace fs = std::filesystem;

// Whether a tool of the system ends with 0; what it says is nobody's business.
bool succeeds(std::vector<std::string> words) {
  std::vector<char*> argv;
  for (std::string& word : words) argv.push_back(word.data());
  argv.push_back(nullptr);
  posix_spawn_file_actions_t actions;
  posix_spawn_file_actions_init(&actions);
  posix_spawn_file_actions_addopen(&actions, STDOUT_FILENO, "/dev/null", O_WRONLY, 0);
  posix_spawn_file_actions_addopen(&actions, STDERR_FILENO, "/dev/null", O_WRONLY, 0);
  pid_t pid = -1;
  const bool begun = ::posix_spawnp(&pid, argv[0], &actions, nullptr, argv.data(), environ) == 0;
  posix_spawn_file_actions_destroy(&actions);
  int status = -1;
  return begun && ::waitpid(pid, &status, 0) == pid && status == 0;
}

}  // namespace

small_disk::small_disk(const std::string& folder, int megabytes) : folder_(folder) {
  const std::string image = folder + "/image";
  fs::create_directory(path());
  if (::geteuid() != 0 || !succeeds({"truncate", "-s", std::to_string(megabytes) + "M", image})) {
    return;
  }
  mounted_ = succeeds({"mkfs.ext4", "-q", "-b", "1024", "-m", "0", image}) &&
             succeeds({"mount", "-o", "loop", image, path()});
}

small_disk::~small_disk() {
  if (mounted_) succeeds({"umount", path()});
}

void small_disk::fill(std::uint64_t but) {
  struct statvfs now {};
  ::statvfs(path().c_str(), &now);
  const std::uint64_t free = now.f_bavail * now.f_frsize;
  if (free <= but) return;
  const int balloon = ::open((path() + "/balloon").c_str(), O_WRONLY | O_CREAT | O_CLOEXEC, 0600);
  // Its own blocks of bookkeeping may not fit any more: then as much as fits.
  for (std::uint64_t size = free - but; size > 4096; size -= size / 16) {
    if (::posix_fallocate(balloon, 0, static_cast<off_t>(size)) == 0) break;
  }
  ::close(balloon);
}

void small_disk::make_room() { fs::remove(path() + "/balloon"); }

verdict run_small_disk(const small_disk_options& o, const std::string& folder) {
  small_disk disk(folder);
  if (!disk.mounted()) return {};
  const std::string at = disk.path() + "/site";
  fs::create_directory(at);
  chance decide(o.seed);
  const auto up_to = [&](std::uint64_t ms) {
    return milliseconds(static_cast<std::int64_t>(decide.below(ms + 1)));
  };
  site s(at, o.seed, 1, 2);
  s.may_refuse = true;
  for (int i = 0; i < o.fillings && s.found().holds(); ++i) {
    if (decide.percent(70)) s.start_all();
    s.run_for(up_to(200));
    disk.fill(decide.below(decide.percent(50) ? 40'000 : 400'000));
    if (decide.percent(50)) s.start_all();
    s.run_for(up_to(400));
    if (decide.percent(30)) s.kill_cloud();
    if (decide.percent(30)) s.kill_edge(0);
    disk.make_room();
    s.start_all();
    s.run_for(up_to(200));
    ++s.found().tried;
    // An edge that has answered store_failed ends with 1.
    s.kill_edge(0);
    s.kill_cloud();
  }
  s.may_refuse = false;
  if (s.found().holds() && s.settle()) s.prove();
  return s.found();
}

}  // namespace hawser::crash
