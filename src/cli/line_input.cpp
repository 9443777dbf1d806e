#include "cli/line_input.hpp"

#include "cli/commands.hpp"

#include <cerrno>
#include <cstring>
#include <fcntl.h>
#include <poll.h>
#include <stdexcept>
#include <sys/ioctl.h>
#include <unistd.h>
#include <utility>

namespace hawser::cli {

// Closed when nobody reads any more, which may be later than the line_input.
struct line_input::source {
  explicit source(int opened) : fd(opened) {}
  ~source() {
    if (fd > STDIN_FILENO) ::close(fd);
  }
  source(const source&) = delete;
  source& operator=(const source&) = delete;

  // nullopt: it failed.
  std::optional<std::string> read() const {
    std::string piece(64 * 1024, '\0');
    while (true) {
      const ssize_t n = ::read(fd, piece.data(), piece.size());
      if (n >= 0) {
        piece.resize(static_cast<std::size_t>(n));
        return piece;
      }
      if (errno == EAGAIN) {  // Another process has made it so.
        pollfd more{fd, POLLIN, 0};
        ::poll(&more, 1, -1);
      } else if (errno != EINTR) {
        return std::nullopt;
      }
    }
  }

  const int fd;
};

line_input::line_input(const std::string& path, const std::string& option, std::size_t longest)
    : source_(std::make_shared<source>(path == "-" ? STDIN_FILENO
                                                   : ::open(path.c_str(), O_RDONLY | O_CLOEXEC))),
      longest_(longest) {
  if (source_->fd < 0) throw usage_error(option + ": " + path + ": " + std::strerror(errno));
}

line_input::~line_input() { cancel(); }

void line_input::cancel() {
  const std::lock_guard guard(mutex_);
  cancelled_ = true;
  changed_.notify_all();
}

void line_input::run(const io::side_thread::self& me) {
  const auto from = source_;
  while (true) {
    {
      std::unique_lock lock(mutex_);
      changed_.wait(lock, [this] { return cancelled_ || wanted_; });
      if (cancelled_) return;
    }
    std::optional<std::string> piece;
    if (!me.may_block([&] { piece = from->read(); })) return;
    const std::lock_guard guard(mutex_);
    piece_ = std::move(piece);
    wanted_ = false;
    changed_.notify_all();
  }
}

// More bytes behind what is not consumed. False: there are none.
bool line_input::fill() {
  if (state_ != state::open) return false;
  buffer_.erase(0, std::exchange(at_, 0));
  std::unique_lock lock(mutex_);
  if (!cancelled_) {
    if (!thread_) thread_.emplace([this](const io::side_thread::self& me) { run(me); });
    wanted_ = true;
    changed_.notify_all();
    changed_.wait(lock, [this] { return cancelled_ || !wanted_; });
  }
  if (wanted_ || cancelled_) {
    state_ = state::called_off;
  } else if (!piece_) {
    state_ = state::failed;
  } else if (piece_->empty()) {
    state_ = state::ended;
  } else {
    buffer_ += *std::exchange(piece_, std::nullopt);
  }
  return state_ == state::open;
}

bool line_input::has_more() {
  if (at_ < buffer_.size()) return true;
  if (state_ == state::failed || state_ == state::ended) return false;
  const std::lock_guard guard(mutex_);
  if (piece_ && !piece_->empty()) return true;  // It came after it was called off.
  int ready = 0;
  return ::ioctl(source_->fd, FIONREAD, &ready) == 0 && ready > 0;
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
    if (state_ == state::failed) return kind::failed;
    if (state_ == state::called_off || (at_ == buffer_.size() && !skipping)) return kind::end;
    ++number_;  // The last line has no line feed.
    line.assign(buffer_, at_);
    at_ = buffer_.size();
    return skipping ? kind::too_long : kind::line;
  }
}

}  // namespace hawser::cli
