// Governor events and answers as JSON.
#pragma once

#include <hawser/governor/types.hpp>

#include <memory>
#include <string>
#include <string_view>

namespace hawser {

/// The longest event that is read, in bytes.
inline constexpr std::size_t max_event_size = 64 * 1024;

/// Reads one event: an object with "governor", "id" and "event", perhaps "key" and "context", and
/// the event's parameters (text, integers, decimals, true and false). Strict: errc::bad_event for
/// anything else, a name given twice, a number that is not exact in 64 bits, or one of the names
/// empty, longer than 256 bytes or with a control character; `detail` says what and where.
/// Not thread-safe: one reader a thread.
class event_reader {
 public:
  event_reader();
  ~event_reader();
  result<governor::event> read(std::string_view text, std::string& detail);

 private:
  struct parser;
  std::unique_ptr<parser> parser_;
};

}  // namespace hawser
