// JSON text (RFC 8259) that is kept as it was written: checked and minified, never decoded.
#pragma once

#include <cstddef>
#include <cstdint>
#include <optional>
#include <string>
#include <string_view>

namespace hawser {

/// As deep as simdjson's DOM reads by default.
inline constexpr std::size_t json_max_depth = 1024;

enum class json_fault : std::uint8_t {
  none,
  malformed,  ///< no JSON text
  not_utf8,   ///< RFC 8259 section 8.1
  surrogate,  ///< an escape that is half of a UTF-16 pair: no Unicode text (section 8.2)
  too_deep,
};
/// "is no JSON", ...
std::string_view to_string(json_fault f) noexcept;

/// One JSON value without the white space between its tokens. Strings and numbers stay byte for
/// byte, whatever they are: nothing is rounded, unescaped or sorted, and a name that comes twice
/// stays twice. nullopt: `fault` says why.
std::optional<std::string> minify_json(std::string_view text, json_fault& fault,
                                       std::size_t max_depth = json_max_depth);

/// The value of the first member of that name, which has no escapes, of the object that the text
/// is. What stands behind the value is not looked at. nullopt: there is none, or the text before it
/// is no JSON.
std::optional<std::string_view> find_member(std::string_view object, std::string_view name);

/// Whether all of it is a JSON number (section 6).
bool is_json_number(std::string_view text) noexcept;

}  // namespace hawser
