// Something that may happen without end, told now and then.
#pragma once

#include <hawser/time.hpp>

#include <chrono>
#include <cstdint>
#include <utility>

namespace hawser::io {

/// Says at most once in ten seconds that something happened. Pure.
class occasional {
 public:
  /// It happened. How often since it was told last, if it is to be told now; else 0.
  std::uint64_t happened(time_point now) noexcept {
    ++count_;
    if (now < quiet_until_) return 0;
    quiet_until_ = now + std::chrono::seconds(10);
    return std::exchange(count_, 0);
  }

 private:
  std::uint64_t count_ = 0;
  time_point quiet_until_ = time_point::min();
};

}  // namespace hawser::io
