#include <hawser/io/log.hpp>

#include <spdlog/sinks/stdout_sinks.h>
#include <spdlog/spdlog.h>

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
  spdlog_sink(std::string name, log_level threshold)
      : logger_(std::move(name), std::make_shared<spdlog::sinks::stderr_sink_mt>()),
        threshold_(threshold) {
    logger_.set_level(convert(threshold));
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

}  // namespace

std::shared_ptr<log_sink> make_stderr_log(std::string name, log_level threshold) {
  return std::make_shared<spdlog_sink>(std::move(name), threshold);
}

result<log_level> parse_log_level(std::string_view text) {
  constexpr std::string_view names[] = {"trace", "debug", "info", "warn", "error", "off"};
  for (std::size_t i = 0; i < std::size(names); ++i) {
    if (names[i] == text) return static_cast<log_level>(i);
  }
  return errc::invalid_option;
}

}  // namespace hawser::io
