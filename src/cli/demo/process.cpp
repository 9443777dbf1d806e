#include "cli/demo/process.hpp"

#include <cerrno>
#include <csignal>
#include <cstring>
#include <fcntl.h>
#include <poll.h>
#include <spawn.h>
#include <stdexcept>
#include <sys/wait.h>
#include <unistd.h>

extern char** environ;

namespace hawser::cli {

child_process::child_process(const std::vector<std::string>& arguments, bool quiet) {
  int in[2];
  int out[2];
  if (::pipe2(in, O_CLOEXEC) != 0 || ::pipe2(out, O_CLOEXEC) != 0) {
    throw std::runtime_error("pipe: " + std::string(std::strerror(errno)));
  }
  posix_spawn_file_actions_t actions;
  posix_spawn_file_actions_init(&actions);
  posix_spawn_file_actions_adddup2(&actions, in[0], STDIN_FILENO);
  posix_spawn_file_actions_adddup2(&actions, out[1], STDOUT_FILENO);
  if (quiet) posix_spawn_file_actions_addopen(&actions, STDERR_FILENO, "/dev/null", O_WRONLY, 0);
  // The signals that this process keeps from its threads are the child's own business.
  posix_spawnattr_t attributes;
  posix_spawnattr_init(&attributes);
  sigset_t none;
  sigemptyset(&none);
  posix_spawnattr_setsigmask(&attributes, &none);
  posix_spawnattr_setflags(&attributes, POSIX_SPAWN_SETSIGMASK);
  std::vector<std::string> words{"hawser"};
  words.insert(words.end(), arguments.begin(), arguments.end());
  std::vector<char*> argv;
  for (std::string& w : words) argv.push_back(w.data());
  argv.push_back(nullptr);
  const int error =
      ::posix_spawn(&pid_, "/proc/self/exe", &actions, &attributes, argv.data(), environ);
  posix_spawn_file_actions_destroy(&actions);
  posix_spawnattr_destroy(&attributes);
  ::close(in[0]);
  ::close(out[1]);
  in_ = in[1];
  out_ = out[0];
  if (error != 0) throw std::runtime_error("spawn: " + std::string(std::strerror(error)));
}

child_process::~child_process() {
  if (!reaped_ && pid_ > 0) {
    signal(SIGKILL);
    wait();
  }
  close_input();
  ::close(out_);
}

bool child_process::write(const std::string& text) {
  for (std::size_t done = 0; done < text.size();) {
    const ssize_t n = ::write(in_, text.data() + done, text.size() - done);
    if (n < 0 && errno == EINTR) continue;
    if (n <= 0) return false;
    done += static_cast<std::size_t>(n);
  }
  return true;
}

void child_process::close_input() {
  if (in_ >= 0) ::close(in_);
  in_ = -1;
}

bool child_process::readable(int milliseconds) {
  if (buffer_.find('\n', at_) != std::string::npos) return true;
  pollfd p{out_, POLLIN, 0};
  return ::poll(&p, 1, milliseconds) > 0;
}

std::optional<std::string> child_process::read_line() {
  while (true) {
    const auto feed = buffer_.find('\n', at_);
    if (feed != std::string::npos) {
      std::string line = buffer_.substr(at_, feed - at_);
      at_ = feed + 1;
      return line;
    }
    buffer_.erase(0, at_);
    at_ = 0;
    char piece[64 * 1024];
    const ssize_t n = ::read(out_, piece, sizeof piece);
    if (n < 0 && errno == EINTR) continue;
    if (n <= 0) return std::nullopt;  // A torn last line was never said.
    buffer_.append(piece, static_cast<std::size_t>(n));
  }
}

void child_process::signal(int number) noexcept {
  if (!reaped_ && pid_ > 0) ::kill(pid_, number);
}

int child_process::wait() {
  if (!reaped_) {
    while (::waitpid(pid_, &status_, 0) < 0 && errno == EINTR) {
    }
    reaped_ = true;
  }
  return WIFEXITED(status_) ? WEXITSTATUS(status_) : 128 + WTERMSIG(status_);
}

int child_process::wait_at_most(std::chrono::milliseconds limit) {
  // Its end closes its standard output, which can be waited for with a bound.
  const auto deadline = std::chrono::steady_clock::now() + limit;
  while (true) {
    const auto left = std::chrono::duration_cast<std::chrono::milliseconds>(
        deadline - std::chrono::steady_clock::now());
    if (left.count() <= 0) {
      signal(SIGKILL);
      break;
    }
    if (readable(static_cast<int>(left.count())) && !read_line()) break;
  }
  return wait();
}

}  // namespace hawser::cli
