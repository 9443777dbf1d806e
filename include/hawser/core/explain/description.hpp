// What a plug-in says of itself when somebody asks how the client is.
#pragma once

#include <hawser/time.hpp>

#include <concepts>
#include <cstdint>
#include <string>
#include <string_view>
#include <utility>
#include <variant>
#include <vector>

namespace hawser {

class json_writer;

/// A duration as people read it: "0 ms", "850 ms", "1.2 s", "61 s", "3 min", "5 h".
std::string to_words(duration d);

/// Named values of one plug-in, in the order in which it gave them. A plug-in that has a public
/// member `void describe(hawser::description&) const` is asked on the strand; it adds what helps to
/// understand the link, never a secret. A time is kept as such and told relative to the moment of
/// the reading: "in 3.2 s". Not thread-safe.
class description {
 public:
  using value = std::variant<std::string, std::int64_t, std::uint64_t, bool, duration, time_point>;
  struct entry {
    std::string key;
    hawser::description::value value;
  };

  // Defined apart, so that whoever describes something need not compile them.
  explicit description(std::string plugin = {});
  description(const description&);
  description(description&&) noexcept;
  description& operator=(const description&);
  description& operator=(description&&) noexcept;
  ~description();

  description& add(std::string_view key, std::string_view text);
  // Not the bool that a pointer would become.
  description& add(std::string_view key, const char* text) {
    return add(key, std::string_view(text));
  }
  template <std::integral T>
  description& add(std::string_view key, T v) {
    if constexpr (std::same_as<T, bool>) {
      return add_bool(key, v);
    } else if constexpr (std::signed_integral<T>) {
      return add_signed(key, v);
    } else {
      return add_unsigned(key, v);
    }
  }
  description& add(std::string_view key, duration d);
  /// never is told as "never".
  description& add(std::string_view key, time_point t);

  /// As far as the plug-in knows, there will be no attempt before `t`. explain() tells the latest
  /// of these times as the next attempt.
  description& next_attempt(time_point t) noexcept {
    next_attempt_ = t;
    return *this;
  }
  time_point next_attempt() const noexcept { return next_attempt_; }

  const std::string& plugin() const noexcept { return plugin_; }
  const std::vector<entry>& entries() const noexcept { return entries_; }

  /// "reconnect: failures 3, stable since 2 s ago"; the name alone if there is nothing to say. One
  /// line: what is not printable ASCII is escaped.
  std::string to_words(time_point now) const;
  /// One member of an object that is open: "reconnect":{"failures":3}. Durations in milliseconds
  /// (`key_ms`), times as milliseconds from `now` on (`key_in_ms`, null for never).
  void write(json_writer& w, time_point now) const;

 private:
  description& put(std::string_view key, value v);
  description& add_bool(std::string_view key, bool v);
  description& add_signed(std::string_view key, std::int64_t v);
  description& add_unsigned(std::string_view key, std::uint64_t v);

  std::string plugin_;
  std::vector<entry> entries_;
  time_point next_attempt_{};
};

}  // namespace hawser
