// How long a server asks to be left alone.
#pragma once

#include <hawser/hook_argument.hpp>

#include <chrono>
#include <optional>
#include <string_view>
#include <vector>

namespace hawser::io {

/// The value of Retry-After (RFC 9110 10.2.3): seconds, or a date in one of the three forms of
/// 5.6.7. A date that has passed is 0. Empty: it is neither.
std::optional<duration> parse_retry_after(std::string_view value,
                                          std::chrono::system_clock::time_point now);

/// That of the response's first Retry-After, if it has one.
std::optional<duration> retry_after(const std::vector<header>& headers,
                                    std::chrono::system_clock::time_point now);

}  // namespace hawser::io
