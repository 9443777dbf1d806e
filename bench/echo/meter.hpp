// What is measured of one contender in one round.
#pragma once

#include <chrono>
#include <cstddef>
#include <cstdint>

namespace bench {

/// The same for every contender.
inline constexpr std::size_t message_size = 64;
inline constexpr std::size_t in_flight = 64;

struct sample {
  double rate = 0;         ///< messages per second
  double cpu = 0;          ///< nanoseconds of the client's thread per message
  double allocations = 0;  ///< per message
};

/// Told of every echo that arrives; takes its sample over a window of time behind a warm-up.
class meter {
 public:
  meter(std::chrono::nanoseconds warm_up, std::chrono::nanoseconds window) noexcept
      : warm_up_(warm_up), window_(window) {}

  /// `n` echoes have arrived. True: send as many again. False: it is enough, leave.
  bool arrived(std::size_t n) noexcept {
    seen_ += n;
    return seen_ < next_look_ || look();
  }

  /// After arrived() has answered false.
  const sample& result() const noexcept { return sample_; }
  bool done() const noexcept { return phase_ == phase::done; }

 private:
  enum class phase : std::uint8_t { fresh, warming, measuring, done };
  struct reading {
    std::uint64_t messages = 0;
    std::uint64_t allocations = 0;
    std::chrono::nanoseconds wall{};
    std::chrono::nanoseconds cpu{};
  };
  // So rarely that reading the clocks costs nothing that shows.
  static constexpr std::uint64_t look_every = 1024;

  bool look() noexcept;
  reading read() const noexcept;

  std::chrono::nanoseconds warm_up_;
  std::chrono::nanoseconds window_;
  phase phase_ = phase::fresh;
  std::uint64_t seen_ = 0;
  std::uint64_t next_look_ = 0;
  reading begin_;
  sample sample_;
};

}  // namespace bench
