// What is said of what was refused.
#pragma once

#include <hawser/error.hpp>

#include <string>

namespace hawser {

/// Empty: it was not refused.
template <class T>
std::string words_of(const result<T, error_info>& r) {
  return r ? std::string() : r.error().detail;
}

}  // namespace hawser
