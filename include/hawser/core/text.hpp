// Text that must be UTF-8 and came from outside.
#pragma once

#include <string>
#include <string_view>

namespace hawser {

/// The text with every sequence that is not UTF-8 replaced by U+FFFD, one for each maximal part of
/// an ill-formed sequence (Unicode 15, section 3.9, as WHATWG's decoder does).
std::string repair_utf8(std::string_view s);

}  // namespace hawser
