// The requirements of RFC 6455 on an endpoint, and how each one is covered.
#pragma once

#include <cstdint>
#include <span>
#include <string_view>

namespace hawser::rfc6455 {

/// Whom a requirement binds, or which end of the link is ours in a case.
enum class side : std::uint8_t { client = 1, server = 2, both = 3 };

constexpr bool has(side whole, side part) noexcept {
  return (static_cast<unsigned>(whole) & static_cast<unsigned>(part)) != 0;
}

enum class cover : std::uint8_t {
  scripted,         ///< a peer that keeps it and one that breaks it
  observed,         ///< on what we do: no peer can break it, so there are only cases that keep it
  elsewhere,        ///< another suite covers it: `why` names it
  by_construction,  ///< nothing in the library could break it: `why` says so
  not_applicable,   ///< it is about something that the library does not have: `why`
  not_met,          ///< the library does not keep it: `why`
};

/// One MUST, MUST NOT, SHALL or REQUIRED; also a lower-case "must" where the text means one.
struct requirement {
  std::string_view id;  ///< the section, a slash, a name
  side who = side::both;
  std::string_view what;  ///< in our words
  cover how = cover::scripted;
  std::string_view why = {};  ///< unless there are cases
};

std::span<const requirement> requirements();

/// nullptr: there is none of that name.
const requirement* find_requirement(std::string_view id);

}  // namespace hawser::rfc6455
