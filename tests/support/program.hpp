// The built hawser program as a child process.
#pragma once

#include <cerrno>
#include <chrono>
#include <csignal>
#include <cstring>
#include <fcntl.h>
#include <fstream>
#include <optional>
#include <poll.h>
#include <spawn.h>
#include <sstream>
#include <stdexcept>
#include <string>
#include <sys/ioctl.h>
#include <sys/syscall.h>
#include <sys/wait.h>
#include <unistd.h>
#include <vector>

extern char** environ;

namespace hawser::test {

/// What a run has for its standard input and output instead of our pipes.
struct wiring {
  bool input_closed = false;
  bool output_closed = false;
  std::string output = {};  ///< a file; empty: our pipe
  int descriptors = 0;      ///< how many it may have, `ulimit -n`; 0: as many as we
};

/// A run of the program, its standard input and output in our hands. Killed at the latest when it
/// is destroyed.
class program {
 public:
  /// Its standard error goes to the file `errors`.
  program(std::vector<std::string> words, const std::string& errors = "/dev/null",
          const wiring& w = {}) {
    std::signal(SIGPIPE, SIG_IGN);
    int in[2];
    int out[2];
    if (::pipe2(in, O_CLOEXEC) != 0 || ::pipe2(out, O_CLOEXEC) != 0) fail("pipe");
    posix_spawn_file_actions_t actions;
    posix_spawn_file_actions_init(&actions);
    posix_spawn_file_actions_adddup2(&actions, in[0], STDIN_FILENO);
    posix_spawn_file_actions_adddup2(&actions, out[1], STDOUT_FILENO);
    posix_spawn_file_actions_addopen(&actions, STDERR_FILENO, errors.c_str(),
                                     O_WRONLY | O_CREAT | O_APPEND, 0600);
    if (w.input_closed) posix_spawn_file_actions_addclose(&actions, STDIN_FILENO);
    if (w.output_closed) posix_spawn_file_actions_addclose(&actions, STDOUT_FILENO);
    if (!w.output.empty()) {
      posix_spawn_file_actions_addopen(&actions, STDOUT_FILENO, w.output.c_str(), O_WRONLY, 0);
    }
    const char* path = HAWSER_PROGRAM;
    words.insert(words.begin(), path);
    if (w.descriptors != 0) {
      path = "/bin/sh";
      const std::string limited =
          "ulimit -n " + std::to_string(w.descriptors) + R"(; exec "$0" "$@")";
      words.insert(words.begin(), {path, "-c", limited});
    }
    std::vector<char*> argv;
    for (std::string& word : words) argv.push_back(word.data());
    argv.push_back(nullptr);
    const int error = ::posix_spawn(&pid_, path, &actions, nullptr, argv.data(), environ);
    posix_spawn_file_actions_destroy(&actions);
    ::close(in[0]);
    ::close(out[1]);
    in_ = in[1];
    out_ = out[0];
    errno = error;
    if (error != 0) fail(HAWSER_PROGRAM);
  }
  ~program() {
    signal(SIGKILL);
    wait();
    close_input();
    close_output();
  }
  program(const program&) = delete;
  program& operator=(const program&) = delete;

  /// What a pipe holds is written without waiting for the reader: at most 64 KiB unread.
  void write(const std::string& text) {
    for (std::size_t done = 0; done < text.size();) {
      const ssize_t n = ::write(in_, text.data() + done, text.size() - done);
      if (n <= 0) return;  // It is dead.
      done += static_cast<std::size_t>(n);
    }
  }
  void close_input() {
    if (in_ >= 0) ::close(in_);
    in_ = -1;
  }
  /// Nobody reads its standard output any more.
  void close_output() {
    if (out_ >= 0) ::close(out_);
    out_ = -1;
  }
  /// The next whole line of its standard output; nullopt at the end, or when none comes in time.
  std::optional<std::string> line(int milliseconds = 30'000) {
    while (true) {
      const auto end = buffer_.find('\n');
      if (end != std::string::npos) {
        std::string out = buffer_.substr(0, end);
        buffer_.erase(0, end + 1);
        return out;
      }
      pollfd more{out_, POLLIN, 0};
      if (::poll(&more, 1, milliseconds) <= 0) return std::nullopt;
      char piece[64 * 1024];
      const ssize_t n = ::read(out_, piece, sizeof piece);
      if (n < 0 && errno == EINTR) continue;
      if (n <= 0) return std::nullopt;  // A torn last line was never said.
      buffer_.append(piece, static_cast<std::size_t>(n));
    }
  }
  std::vector<std::string> rest() {
    std::vector<std::string> out;
    while (auto l = line()) out.push_back(*std::move(l));
    return out;
  }
  /// Bytes of its standard output that wait for us.
  int unread() const {
    int n = 0;
    ::ioctl(out_, FIONREAD, &n);
    return n + static_cast<int>(buffer_.size());
  }
  void signal(int number) {
    if (!status_) ::kill(pid_, number);
  }
  pid_t pid() const { return pid_; }
  /// The descriptor of its standard output, to poll several.
  int output() const { return out_; }
  /// The same as wait(), but nullopt if it does not end in time.
  std::optional<int> wait_at_most(std::chrono::milliseconds limit = std::chrono::seconds(20)) {
    if (!status_) {
      pollfd end{static_cast<int>(::syscall(SYS_pidfd_open, pid_, 0)), POLLIN, 0};
      const int n = ::poll(&end, 1, static_cast<int>(limit.count()));
      ::close(end.fd);
      if (n <= 0) return std::nullopt;
    }
    return wait();
  }
  /// The exit code, or 128 + the signal that ended it.
  int wait() {
    if (!status_) {
      int status = 0;
      while (::waitpid(pid_, &status, 0) < 0 && errno == EINTR) {
      }
      status_ = WIFEXITED(status) ? WEXITSTATUS(status) : 128 + WTERMSIG(status);
    }
    return *status_;
  }

 private:
  [[noreturn]] static void fail(const std::string& what) {
    throw std::runtime_error(what + ": " + std::strerror(errno));
  }

  pid_t pid_ = -1;
  int in_ = -1;
  int out_ = -1;
  std::optional<int> status_;
  std::string buffer_;
};

/// Runs it to its end with that input.
struct finished {
  int code = 0;
  std::vector<std::string> lines;
  std::string errors;
};
inline finished run_program(const std::string& errors, std::vector<std::string> words,
                            const std::string& input = {}, const wiring& w = {}) {
  ::unlink(errors.c_str());
  program p(std::move(words), errors, w);
  p.write(input);
  p.close_input();
  finished out;
  out.lines = p.rest();
  out.code = p.wait_at_most().value_or(-1);
  std::ostringstream text;
  text << std::ifstream(errors).rdbuf();
  out.errors = text.str();
  return out;
}

}  // namespace hawser::test
