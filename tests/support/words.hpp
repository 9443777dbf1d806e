// What is said of what was refused.
#pragma once

#include <hawser/error.hpp>

#include <string>
#include <type_traits>
#include <utility>

namespace hawser {

/// Empty: it was not refused.
template <class T>
std::string words_of(const result<T, error_info>& r) {
  return r ? std::string() : r.error().detail;
}

/// The answer without its words, which `error` gets if there are any.
template <class T>
result<T> take_words(result<T, error_info> r, std::string& error) {
  if (r) {
    if constexpr (std::is_void_v<T>) {
      return {};
    } else {
      return *std::move(r);
    }
  }
  error = r.error().detail;
  return r.error().code;
}

}  // namespace hawser
