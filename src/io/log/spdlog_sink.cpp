#include <hawser/io/log.hpp>

#include <spdlog/sinks/rotating_file_sink.h>
#include <spdlog/sinks/stdout_sinks.h>
#include <spdlog/spdlog.h>

#include <cerrno>
#include <fcntl.h>
#include <unistd.h>

namespace hawser::io {
namespace {

spdlog::level::level_enum convert(log_level level) noexcept {
  switch (level) {
    case log_level::trace:
      return spdlog::level::trace;
    case log_level::debug:
      return spdlog::level::debug;
    case log_level::info:
      return spdlog::level::info;
    case log_level::warn:
      return spdlog::level::warn;
    case log_level::error:
      return spdlog::level::err;
    case log_level::off:
      break;
  }
  return spdlog::level::off;
}

class spdlog_sink final : public log_sink {
 public:
  spdlog_sink(std::string name, spdlog::sink_ptr to, log_level threshold)
      : logger_(std::move(name), std::move(to)), threshold_(threshold) {
    // A line that is below the threshold and comes nevertheless was asked for.
    logger_.set_level(threshold == log_level::off ? spdlog::level::off : spdlog::level::trace);
    logger_.set_pattern("%Y-%m-%dT%H:%M:%S.%e %L [%n] %v");
    logger_.flush_on(spdlog::level::trace);
  }
  void write(log_level level, std::string_view line) noexcept override {
    // The line is data, never a format string.
    logger_.log(convert(level), spdlog::string_view_t(line.data(), line.size()));
  }
  log_level threshold() const noexcept override { return threshold_; }

 private:
  spdlog::logger logger_;
  log_level threshold_;
};

// What the system says of writing to this file.
error_code try_to_open(const std::string& path) {
  const int fd = ::open(path.c_str(), O_WRONLY | O_APPEND | O_CREAT | O_CLOEXEC, 0666);
  if (fd < 0) return {errno, boost::system::system_category()};
  ::close(fd);
  return {};
}

}  // namespace

std::shared_ptr<log_sink> make_stderr_log(std::string name, log_level threshold) {
  return std::make_shared<spdlog_sink>(
      std::move(name), std::make_shared<spdlog::sinks::stderr_sink_mt>(), threshold);
}

result<std::shared_ptr<log_sink>> make_file_log(std::string name, const std::string& path,
                                                log_level threshold, std::uint64_t max_bytes,
                                                std::size_t older, std::string& error) {
  if (max_bytes < 1024 || older > 1000) {
    error = "a log file rotates at 1,024 bytes or more, and at most 1,000 older ones are kept";
    return errc::invalid_option;
  }
  if (const auto ec = try_to_open(path)) {
    error = path + ": " + ec.message();
    return ec;
  }
  try {
    auto to = std::make_shared<spdlog::sinks::rotating_file_sink_mt>(path, max_bytes, older);
    return std::make_shared<spdlog_sink>(std::move(name), std::move(to), threshold);
  } catch (const spdlog::spdlog_ex& e) {
    error = e.what();
    return error_code(EIO, boost::system::system_category());
  }
}

result<log_level> parse_log_level(std::string_view text) {
  constexpr std::string_view names[] = {"trace", "debug", "info", "warn", "error", "off"};
  for (std::size_t i = 0; i < std::size(names); ++i) {
    if (names[i] == text) return static_cast<log_level>(i);
  }
  return errc::invalid_option;
}

}  // namespace hawser::io
