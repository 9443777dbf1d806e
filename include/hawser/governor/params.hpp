// What the events of a kind carry: declared once, checked and defaulted before any guard or action
// sees it.
#pragma once

#include <hawser/governor/types.hpp>

#include <array>
#include <cassert>
#include <cstddef>

namespace hawser::governor {

enum class param_type : std::uint8_t {
  integer,  ///< an integer, also one that is written as 1.0 or 1e3
  fixed,    ///< an integer or a decimal of at most `places` decimals, held as value x 10^places
  token,    ///< printable ASCII without spaces: a name
  text,     ///< UTF-8
};
std::string_view to_string(param_type t) noexcept;

/// One parameter of an event. Made by integer(), fixed(), token() and text().
struct param {
  std::string_view name;
  param_type type = param_type::integer;
  std::int64_t least = 0;  ///< of the held number, or of the length in bytes
  std::int64_t most = 0;
  std::string_view error;  ///< what a value outside of the bounds is answered with
  int places = 0;
  bool optional = false;
  std::int64_t fallback = 0;  ///< the held number when an optional one is not given

  /// The same parameter, which need not be given.
  constexpr param otherwise(std::int64_t held) const {
    param p = *this;
    p.optional = true;
    p.fallback = held;
    return p;
  }
};

constexpr param integer(std::string_view name, std::int64_t least, std::int64_t most,
                        std::string_view error) {
  return {.name = name, .least = least, .most = most, .error = error};
}
/// `least` and `most` are of the held number: fixed("burst", 3, 1000, ...) starts at 1.000.
constexpr param fixed(std::string_view name, int places, std::int64_t least, std::int64_t most,
                      std::string_view error) {
  return {.name = name,
          .type = param_type::fixed,
          .least = least,
          .most = most,
          .error = error,
          .places = places};
}
constexpr param token(std::string_view name, std::int64_t longest, std::string_view error) {
  return {.name = name, .type = param_type::token, .least = 1, .most = longest, .error = error};
}
/// Never empty: a parameter that may be empty says nothing.
constexpr param text(std::string_view name, std::int64_t longest, std::string_view error) {
  return {.name = name, .type = param_type::text, .least = 1, .most = longest, .error = error};
}

inline constexpr std::size_t max_params = 6;

/// An event by name with its parameters. More than max_params do not compile.
struct event_spec {
  std::string_view name;
  std::array<param, max_params> params{};
  std::size_t count = 0;

  template <class... Params>
  constexpr explicit event_spec(std::string_view event_name, Params... of)
      : name(event_name), params{of...}, count(sizeof...(Params)) {
    static_assert(sizeof...(Params) <= max_params);
  }
};

/// The parameters of one event as its spec has them: all there, all within bounds. Texts point
/// into the event.
class arguments {
 public:
  /// The value of an integer or fixed parameter. The spec must have one of that name.
  std::int64_t number(std::string_view name) const noexcept { return at(name).number; }
  /// The value of a token or text parameter. The spec must have one of that name.
  std::string_view text(std::string_view name) const noexcept { return at(name).text; }

  /// Reads the parameters of an event. False if it must be refused, and then `refusal` has the
  /// error and its detail: `missing_parameter`, `unknown_parameter` (a misspelt one must not
  /// silently become its default), `duplicate_parameter`, `wrong_type {parameter, expected}`, or
  /// the parameter's own error with {parameter, least, most}.
  bool read(const event_spec& spec, const fields& given, outcome& refusal);
  bool read(const event_spec& spec, fields&& gone_at_once, outcome& refusal) = delete;

 private:
  struct held {
    std::int64_t number = 0;
    std::string_view text;
  };
  const held& at(std::string_view name) const noexcept;

  const event_spec* spec_ = nullptr;
  std::array<held, max_params> values_{};
};

/// The decimal as an integer of `places` decimals, exactly; nullopt if it has more of them or the
/// integer does not fit.
std::optional<std::int64_t> to_fixed(const decimal& d, int places) noexcept;

/// At most 64 bytes of a text from outside, for the detail of an answer.
std::string clipped(std::string_view from_outside);

}  // namespace hawser::governor
