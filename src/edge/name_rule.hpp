// What a name of a governor, an event or a key may be, and how that is said.
#pragma once

#include <hawser/core/text/name.hpp>

namespace hawser {

inline constexpr std::string_view name_rule =
    "must be text of 1 to 256 bytes without control characters";

inline bool follows_name_rule(std::string_view s) noexcept { return is_name(s, 256); }

}  // namespace hawser
