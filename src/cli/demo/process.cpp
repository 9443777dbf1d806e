#include "cli/demo/process.hpp"

#include <cerrno>
#include <csignal>
#include <cstring>
#include <fcntl.h>
#include <poll.h>
#include <stdexcept>
#include <sys/prctl.h>
#include <sys/wait.h>
#include <unistd.h>

extern char** environ;

namespace hawser::cli {

namespace {

// In the child of a process with threads, so only what POSIX calls async-signal-safe.
[[noreturn]] void become(char** argv, pid_t parent, int in, int out, bool quiet) {
  // Whatever ends the parent, or the thread that started us, ends us. It may have happened already.
  ::prctl(PR_SET_PDEATHSIG, SIGKILL);
  if (::getppid() != parent) ::_exit(127);
  ::dup2(in, STDIN_FILENO);
  ::dup2(out, STDOUT_FILENO);
  if (quiet) {
    const int nowhere = ::open("/dev/null", O_WRONLY | O_CLOEXEC);
    if (nowhere >= 0) ::dup2(nowhere, STDERR_FILENO);
  }
  // The signals that the parent keeps from its threads are our own business.
  sigset_t none;
  sigemptyset(&none);
  ::sigprocmask(SIG_SETMASK, &none, nullptr);
  ::execve("/proc/self/exe", argv, environ);
  ::_exit(127);
}

}  // namespace

child_process::child_process(const std::vector<std::string>& arguments, bool quiet) {
  int in[2];
  int out[2];
  if (::pipe2(in, O_CLOEXEC) != 0 || ::pipe2(out, O_CLOEXEC) != 0) {
    throw std::runtime_error("pipe: " + std::string(std::strerror(errno)));
  }
  std::vector<std::string> words{"hawser"};
  words.insert(words.end(), arguments.begin(), arguments.end());
  std::vector<char*> argv;
  for (std::string& w : words) argv.push_back(w.data());
  argv.push_back(nullptr);
  const pid_t parent = ::getpid();
  pid_ = ::fork();
  if (pid_ == 0) become(argv.data(), parent, in[0], out[1], quiet);
  const int error = errno;
  ::close(in[0]);
  ::close(out[1]);
  in_ = in[1];
  out_ = out[0];
  if (pid_ < 0) throw std::runtime_error("fork: " + std::string(std::strerror(error)));
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
  const std::lock_guard guard(reaping_);
  if (!reaped_ && pid_ > 0) ::kill(pid_, number);
}

int child_process::wait() {
  if (!reaped_) {
    // Until it is reaped its id is nobody else's: only that step excludes signal().
    siginfo_t ended;
    while (::waitid(P_PID, static_cast<id_t>(pid_), &ended, WEXITED | WNOWAIT) < 0 &&
           errno == EINTR) {
    }
    const std::lock_guard guard(reaping_);
    ::waitpid(pid_, &status_, 0);
    reaped_ = true;
  }
  return WIFEXITED(status_) ? WEXITSTATUS(status_) : 128 + WTERMSIG(status_);
}

int child_process::wait_at_most(std::chrono::milliseconds limit, const std::atomic<bool>& over) {
  // Its end closes its standard output, which can be waited for with a bound.
  const auto deadline = std::chrono::steady_clock::now() + limit;
  constexpr int look_again_ms = 50;
  while (true) {
    if (over || std::chrono::steady_clock::now() > deadline) {
      signal(SIGKILL);
      break;
    }
    if (readable(look_again_ms) && !read_line()) break;
  }
  return wait();
}

}  // namespace hawser::cli
