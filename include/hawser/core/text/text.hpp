// Text that came from outside: made UTF-8, made one line.
#pragma once

#include <hawser/core/bytes.hpp>

#include <string>
#include <string_view>

namespace hawser {

/// The text with every sequence that is not UTF-8 replaced by U+FFFD, one for each maximal part of
/// an ill-formed sequence (Unicode 15, section 3.9, as WHATWG's decoder does).
std::string repair_utf8(std::string_view s);

/// Appends printable ASCII as it is and every other byte, and the backslash, as \xHH: what comes
/// from outside cannot end a log line and begin one of its own.
void append_escaped(std::string& out, std::string_view s);

/// Bytes that are not what was expected, for people: the first 32 in hex and as text (a point for
/// what is not printable), and what else they look like: `48 54 54 50 "HTTP"`.
std::string describe_bytes(bytes_view what);

}  // namespace hawser
