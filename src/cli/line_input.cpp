#include "cli/line_input.hpp"

#include "cli/commands.hpp"

#include <cerrno>
#include <cstring>
#include <fcntl.h>
#include <poll.h>
#include <stdexcept>
#include <unistd.h>
#include <utility>

namespace hawser::cli {

line_input::line_input(const std::string& path, std::size_t longest) : longest_(longest) {
  fd_ = path == "-" ? STDIN_FILENO : ::open(path.c_str(), O_RDONLY | O_CLOEXEC);
  if (fd_ < 0) throw usage_error(path + ": " + std::strerror(errno));
  if (::pipe2(wake_, O_CLOEXEC) != 0)
    throw std::runtime_error("pipe: " + std::string(std::strerror(errno)));
}

line_input::~line_input() {
  if (fd_ > STDIN_FILENO) ::close(fd_);
  ::close(wake_[0]);
  ::close(wake_[1]);
}

void line_input::cancel() {
  const char byte = 0;
  [[maybe_unused]] const auto n = ::write(wake_[1], &byte, 1);
}

// More bytes behind what is not consumed. False: there are none.
bool line_input::fill() {
  if (ended_) return false;
  buffer_.erase(0, std::exchange(at_, 0));
  pollfd both[2] = {{fd_, POLLIN, 0}, {wake_[0], POLLIN, 0}};
  while (::poll(both, 2, -1) < 0 && errno == EINTR) {
  }
  cancelled_ = both[1].revents != 0;
  char piece[64 * 1024];
  const ssize_t n = cancelled_ ? 0 : ::read(fd_, piece, sizeof piece);
  if (n < 0) failed_ = true;
  if (n <= 0) {
    ended_ = true;
    return false;
  }
  buffer_.append(piece, static_cast<std::size_t>(n));
  return true;
}

bool line_input::has_more() {
  if (at_ < buffer_.size()) return true;
  if (failed_ || (ended_ && !cancelled_)) return false;
  pollfd input{fd_, POLLIN, 0};
  char first = 0;
  return ::poll(&input, 1, 0) == 1 && (input.revents & POLLIN) != 0 && ::read(fd_, &first, 1) == 1;
}

line_input::kind line_input::next(std::string& line) {
  bool skipping = false;
  while (true) {
    const auto feed = buffer_.find('\n', at_);
    if (feed != std::string::npos) {
      ++number_;
      const std::size_t size = feed - at_;
      const bool fits = !skipping && size <= longest_;
      if (fits) line.assign(buffer_, at_, size);
      at_ = feed + 1;
      return fits ? kind::line : kind::too_long;
    }
    if (buffer_.size() - at_ > longest_) {
      skipping = true;
      at_ = buffer_.size();
    }
    if (fill()) continue;
    if (failed_) return kind::failed;
    if (cancelled_ || (at_ == buffer_.size() && !skipping)) return kind::end;
    ++number_;  // The last line has no line feed.
    line.assign(buffer_, at_);
    at_ = buffer_.size();
    return skipping ? kind::too_long : kind::line;
  }
}

}  // namespace hawser::cli
