// Governor events and answers as JSON.
#pragma once

#include <hawser/error.hpp>
#include <hawser/governor/types.hpp>

#include <memory>
#include <string>
#include <string_view>

namespace hawser {

/// The longest event that is read, in bytes.
inline constexpr std::size_t max_event_size = 64 * 1024;
/// With its context, which is dropped if it makes the event longer than that.
inline constexpr std::size_t max_event_line = 16 * max_event_size;

/// Reads one event: an object with "governor", "id" and "event", perhaps "key" and "context", and
/// the event's parameters (text, numbers, true and false); a byte order mark before it is ignored.
/// Strict: errc::bad_event for anything else, a name given twice, a number that is not exact in 64
/// bits, or one of the names empty, longer than 256 bytes or with a control character; the
/// detail says what and where. A context is any JSON value and is kept as it was written, minified;
/// one that is JSON but cannot be kept costs the event nothing (event::context_dropped). Not
/// thread-safe: one reader a thread.
class event_reader {
 public:
  event_reader();
  ~event_reader();
  /// Whether a line says nothing and is to be skipped.
  static bool is_blank(std::string_view line) noexcept;
  result<governor::event, error_info> read(std::string_view text);

 private:
  struct parser;
  std::unique_ptr<parser> parser_;
};

}  // namespace hawser
