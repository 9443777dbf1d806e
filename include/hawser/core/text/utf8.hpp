// UTF-8 validation that may be interrupted anywhere.
#pragma once

#include <hawser/core/bytes.hpp>

namespace hawser {

/// Validates a text that arrives in pieces: a bad byte fails at once, a sequence that is split
/// between two pieces does not (RFC 6455 section 8.1, RFC 3629).
class utf8_validator {
 public:
  /// False from the first byte on that no valid text could contain here.
  bool feed(bytes_view piece) noexcept;
  /// Whether the text may end here; the next one may then begin.
  bool complete() const noexcept { return missing_ == 0; }

 private:
  std::uint8_t missing_ = 0;  // continuation bytes still to come
  std::uint8_t low_ = 0x80;   // the range of the next one: it excludes overlong forms,
  std::uint8_t high_ = 0xBF;  // surrogates and values above U+10FFFF
};

/// Validates a whole text.
bool valid_utf8(bytes_view text) noexcept;

}  // namespace hawser
