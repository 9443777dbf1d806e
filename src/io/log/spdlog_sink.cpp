#include <hawser/io/log.hpp>

#include "io/log/log_writer.hpp"

#include <spdlog/pattern_formatter.h>
#include <spdlog/sinks/rotating_file_sink.h>

#include <atomic>
#include <cerrno>
#include <chrono>
#include <cstdio>
#include <cstdlib>
#include <fcntl.h>
#include <optional>
#include <poll.h>
#include <system_error>
#include <unistd.h>

namespace hawser::io {
namespace {

char letter_of(log_level level) noexcept {
  switch (level) {
    case log_level::trace:
      return 'T';
    case log_level::debug:
      return 'D';
    case log_level::info:
      return 'I';
    case log_level::warn:
      return 'W';
    case log_level::error:
      return 'E';
    case log_level::off:
      break;
  }
  return 'O';
}

// "2026-11-21T16:39:29.789Z W [name] text\n" (RFC 3339), in UTC: the lines of an edge and its cloud
// compare, no hour comes twice, and the lock of libc's time zone, which fork() can leave locked in
// a child for ever, is not wanted.
std::string format_line(log_level level, std::string_view name, std::string_view text) {
  using namespace std::chrono;
  const auto now = floor<milliseconds>(system_clock::now());
  const auto midnight = floor<days>(now);
  const year_month_day date(midnight);
  const hh_mm_ss time(now - midnight);
  char head[64];
  const int n = std::snprintf(
      head, sizeof head, "%04d-%02u-%02uT%02d:%02d:%02d.%03dZ %c [", int{date.year()},
      unsigned{date.month()}, unsigned{date.day()}, static_cast<int>(time.hours().count()),
      static_cast<int>(time.minutes().count()), static_cast<int>(time.seconds().count()),
      static_cast<int>(time.subseconds().count()), letter_of(level));
  std::string line(head, static_cast<std::size_t>(n));
  line.reserve(line.size() + name.size() + text.size() + 3);
  return line.append(name).append("] ").append(text).append(1, '\n');
}

class background_sink final : public log_sink {
 public:
  background_sink(std::string name, std::shared_ptr<log_writer> to, log_level threshold)
      : name_(std::move(name)), to_(std::move(to)), threshold_(threshold) {}
  void write(log_level level, std::string_view line) noexcept override {
    // A line that is below the threshold and comes nevertheless was asked for.
    if (threshold_ != log_level::off) put(format_line(level, name_, line));
  }
  log_level threshold() const noexcept override { return threshold_; }

 private:
  // Of a child of fork() for which there is no thread, the line is lost.
  void put(std::string line) noexcept {
    try {
      to_->put(std::move(line));
    } catch (const std::system_error&) {
    }
  }

  const std::string name_;
  const std::shared_ptr<log_writer> to_;
  const log_level threshold_;
};

std::shared_ptr<log_writer> make_writer(std::shared_ptr<log_target> to) {
  return std::make_shared<log_writer>(std::move(to), [](std::uint64_t lost) {
    return format_line(log_level::warn, "log",
                       std::to_string(lost) + " lines dropped: they could not be written");
  });
}

// All of it; an error of the system is the end of it. It never changes the flags of the
// descriptor, which are those of every process that shares it.
bool write_all(int fd, std::string_view text) {
  while (!text.empty()) {
    const ssize_t n = ::write(fd, text.data(), text.size());
    if (n > 0) {
      text.remove_prefix(static_cast<std::size_t>(n));
    } else if (n < 0 && errno == EAGAIN) {  // Another process has made it so.
      pollfd room{fd, POLLOUT, 0};
      ::poll(&room, 1, -1);
    } else if (n == 0 || errno != EINTR) {
      return false;
    }
  }
  return true;
}

struct stderr_target final : log_target {
  bool write(std::string_view text) override { return write_all(STDERR_FILENO, text); }
  std::shared_ptr<log_target> after_fork() const override {
    return std::make_shared<stderr_target>();
  }
};

// One for the process, so that all lines keep their order and 1,000 logs need one thread. Never
// destroyed: what is destroyed at the end of the process may log.
std::atomic<bool> has_stderr_writer{false};

const std::shared_ptr<log_writer>& stderr_writer() {
  static const auto& writer = *[] {
    auto made = std::make_unique<std::shared_ptr<log_writer>>(
        make_writer(std::make_shared<stderr_target>()));
    std::atexit([] { drain_stderr(); });
    has_stderr_writer = true;
    return made.release();
  }();
  return writer;
}

class file_target final : public log_target {
 public:
  file_target(std::string path, std::uint64_t max_bytes, std::size_t older)
      : path_(std::move(path)), max_bytes_(max_bytes), older_(older) {}
  // Throws spdlog::spdlog_ex.
  void open() {
    sink_.emplace(path_, max_bytes_, older_, false, unbuffered());
    sink_->set_formatter(
        std::make_unique<spdlog::pattern_formatter>("%v", spdlog::pattern_time_type::local, ""));
  }
  bool write(std::string_view text) override {
    const bool torn = failing_;
    try {
      if (!sink_) open_beside_parent();
      if (torn) log("\n");  // What failed may have left a part of a line.
      log(text);
      failing_ = false;
    } catch (const spdlog::spdlog_ex& e) {
      if (!std::exchange(failing_, true)) tell(e.what());
    }
    return !failing_;
  }
  std::shared_ptr<log_target> after_fork() const override {
    return std::make_shared<file_target>(path_, max_bytes_, older_);
  }

 private:
  // A buffer would be written later, or again, when nobody is told whether it worked.
  static spdlog::file_event_handlers unbuffered() {
    spdlog::file_event_handlers h;
    h.after_open = [](const spdlog::filename_t&, std::FILE* f) {
      std::setvbuf(f, nullptr, _IONBF, 0);
    };
    return h;
  }
  void open_beside_parent() {
    open();
    log(format_line(log_level::warn, "log",
                    "process " + std::to_string(::getpid()) +
                        " was forked and goes on in this file: if its parent logs too, each of "
                        "them moves it aside without the other; give the child a log of its own"));
  }
  void log(std::string_view text) {
    sink_->log({{}, spdlog::level::off, {text.data(), text.size()}});
  }
  static void tell(std::string_view why) {
    write_stderr(format_line(log_level::warn, "log", std::string(why) + ": lines are lost"));
  }

  const std::string path_;
  const std::uint64_t max_bytes_;
  const std::size_t older_;
  bool failing_ = false;
  std::optional<spdlog::sinks::rotating_file_sink_st> sink_;
};

// Whether the system lets us write to this file: not to a named pipe that nobody reads, which would
// hold us up. Kept open until spdlog has it: the reader of a named pipe would see its end.
class opened_file {
 public:
  explicit opened_file(const std::string& path)
      : fd_(::open(path.c_str(), O_WRONLY | O_APPEND | O_CREAT | O_CLOEXEC | O_NONBLOCK, 0666)),
        error_(fd_ < 0 ? errno : 0) {}
  ~opened_file() {
    if (fd_ >= 0) ::close(fd_);
  }
  opened_file(const opened_file&) = delete;
  opened_file& operator=(const opened_file&) = delete;
  error_code error() const { return {error_, boost::system::system_category()}; }

 private:
  int fd_;
  int error_;
};

}  // namespace

std::shared_ptr<log_sink> make_stderr_log(std::string name, log_level threshold) {
  return std::make_shared<background_sink>(std::move(name), stderr_writer(), threshold);
}

result<std::shared_ptr<log_sink>, error_info> make_file_log(std::string name,
                                                            const std::string& path,
                                                            log_level threshold,
                                                            std::uint64_t max_bytes,
                                                            std::size_t older) {
  if (max_bytes < 1024 || older > 1000) {
    return invalid_option(
        "a log file rotates at 1,024 bytes or more, and at most 1,000 older ones are kept");
  }
  const opened_file tried(path);
  if (const auto ec = tried.error()) return error_info{ec, path + ": " + ec.message()};
  try {
    const auto to = std::make_shared<file_target>(path, max_bytes, older);
    to->open();
    return std::make_shared<background_sink>(std::move(name), make_writer(to), threshold);
  } catch (const spdlog::spdlog_ex& e) {
    return error_info{error_code(EIO, boost::system::system_category()), e.what()};
  }
}

void write_stderr(std::string_view text) noexcept {
  try {
    stderr_writer()->put(std::string(text));
  } catch (...) {  // No thread can be had: once, and what cannot be written at once is lost.
    write_all(STDERR_FILENO, text);
  }
}

// Where nobody has logged there is nothing to wait for, and no thread to be made for it.
bool drain_stderr() { return !has_stderr_writer || stderr_writer()->drain(log_writer::last_words); }

result<log_level> parse_log_level(std::string_view text) {
  constexpr std::string_view names[] = {"trace", "debug", "info", "warn", "error", "off"};
  for (std::size_t i = 0; i < std::size(names); ++i) {
    if (names[i] == text) return static_cast<log_level>(i);
  }
  return errc::invalid_option;
}

}  // namespace hawser::io
