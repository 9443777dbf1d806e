#include "peers/process.hpp"

#include "support/line_log.hpp"

#include <algorithm>
#include <arpa/inet.h>
#include <cerrno>
#include <csignal>
#include <cstring>
#include <fcntl.h>
#include <netinet/in.h>
#include <spawn.h>
#include <stdexcept>
#include <sys/socket.h>
#include <sys/wait.h>
#include <unistd.h>

extern char** environ;

namespace hawser::test {
namespace {

int require(int value, const char* what) {
  if (value < 0) throw std::runtime_error(std::string(what) + ": " + std::strerror(errno));
  return value;
}

sockaddr_in loopback(std::uint16_t port) {
  sockaddr_in address{};
  address.sin_family = AF_INET;
  address.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
  address.sin_port = htons(port);
  return address;
}

}  // namespace

kept_port::kept_port()
    : socket_(require(::socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0), "socket")) {
  const int yes = 1;
  ::setsockopt(socket_, SOL_SOCKET, SO_REUSEADDR, &yes, sizeof yes);
  sockaddr_in address = loopback(0);
  socklen_t size = sizeof address;
  require(::bind(socket_, reinterpret_cast<sockaddr*>(&address), size), "bind");
  require(::getsockname(socket_, reinterpret_cast<sockaddr*>(&address), &size), "getsockname");
  number_ = ntohs(address.sin_port);
}

kept_port::~kept_port() { ::close(socket_); }

bool kept_port::answers() const {
  const int s = require(::socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0), "socket");
  const sockaddr_in address = loopback(number_);
  const int r = ::connect(s, reinterpret_cast<const sockaddr*>(&address), sizeof address);
  ::close(s);
  return r == 0;
}

process::process(std::vector<std::string> words) {
  // setpriv becomes the peer: if this program is killed, the kernel kills the peer.
  words.insert(words.begin(), {"/usr/bin/setpriv", "--pdeathsig", "KILL", "--"});
  int pipe[2];
  require(::pipe2(pipe, O_CLOEXEC), "pipe");
  posix_spawn_file_actions_t actions;
  posix_spawn_file_actions_init(&actions);
  posix_spawn_file_actions_addopen(&actions, STDIN_FILENO, "/dev/null", O_RDONLY, 0);
  posix_spawn_file_actions_adddup2(&actions, pipe[1], STDOUT_FILENO);
  posix_spawn_file_actions_adddup2(&actions, pipe[1], STDERR_FILENO);
  std::vector<char*> argv;
  for (std::string& w : words) argv.push_back(w.data());
  argv.push_back(nullptr);
  errno = ::posix_spawn(&pid_, argv[0], &actions, nullptr, argv.data(), environ);
  const bool failed = errno != 0;
  posix_spawn_file_actions_destroy(&actions);
  ::close(pipe[1]);
  output_ = pipe[0];
  if (failed) ::close(output_);
  require(failed ? -1 : 0, argv[0]);
  reader_ = std::thread([this] { read(); });
}

process::~process() {
  kill();
  reader_.join();
  ::close(output_);
}

void process::read() {
  std::string rest;
  char piece[4096];
  while (true) {
    const ssize_t n = ::read(output_, piece, sizeof piece);
    if (n < 0 && errno == EINTR) continue;
    if (n <= 0) break;
    rest.append(piece, static_cast<std::size_t>(n));
    const std::lock_guard guard(mutex_);
    for (std::size_t end; (end = rest.find('\n')) != std::string::npos; rest.erase(0, end + 1)) {
      std::string line = rest.substr(0, end);
      line.erase(line.find_last_not_of(" \r") + 1);
      lines_.push_back(std::move(line));
    }
    changed_.notify_all();
  }
  const std::lock_guard guard(mutex_);
  ended_ = true;
  changed_.notify_all();
}

bool process::says(const std::string& line, std::size_t times) {
  const auto said = [&] {
    return static_cast<std::size_t>(std::count(lines_.begin(), lines_.end(), line)) >= times;
  };
  std::unique_lock lock(mutex_);
  changed_.wait_for(lock, patience, [&] { return ended_ || said(); });
  return said();
}

bool process::ends_within(std::chrono::milliseconds time) {
  std::unique_lock lock(mutex_);
  return changed_.wait_for(lock, time, [&] { return ended_; });
}

void process::wait_for(const kept_port& port) {
  const auto late = std::chrono::steady_clock::now() + patience;
  while (!port.answers()) {
    // Nothing tells when a proxy listens.
    if (ends_within(std::chrono::milliseconds(5)) || std::chrono::steady_clock::now() > late) {
      throw std::runtime_error("does not listen: " + all());
    }
  }
}

void process::kill() {
  if (pid_ < 0) return;
  ::kill(pid_, SIGKILL);
  while (::waitpid(pid_, nullptr, 0) < 0 && errno == EINTR) {
  }
  pid_ = -1;
}

std::string process::all() {
  const std::lock_guard guard(mutex_);
  std::string out;
  for (const std::string& line : lines_) out += line + '\n';
  return out;
}

}  // namespace hawser::test
