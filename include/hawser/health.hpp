// Whether a client is well, for whatever watches over a process.
#pragma once

#include <functional>
#include <string>

namespace hawser {

/// What a check found.
struct health_answer {
  bool good = false;
  std::string text = {};  ///< in words
};

/// From any thread; it may wait as long as was asked for when it was made.
using health_check = std::function<health_answer()>;

}  // namespace hawser
