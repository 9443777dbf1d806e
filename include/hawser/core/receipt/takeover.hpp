// When a device that was superseded asks for its streams again.
#pragma once

#include <hawser/core/recovery/backoff.hpp>

#include <optional>

namespace hawser {

/// Paces the resumes of a device whose streams another link of its name has taken over. One pause
/// is for all of its streams. It doubles while takeovers follow each other: two devices of one name
/// take the streams from each other once a pause, however much each has to send. Pure: the seed
/// decides everything. Not thread-safe.
class takeover {
 public:
  /// Pauses below `base`, then twice that and so on up to `cap`.
  takeover(duration base, duration cap, std::uint64_t seed) noexcept
      : delays_(base, cap, seed), quiet_(2 * cap) {}

  /// A stream was taken over. The pause that begins with it; nullopt: one runs already.
  std::optional<duration> begin(time_point now) noexcept {
    if (due_ != never) return std::nullopt;
    // What was undisturbed for longer than any pause is no fight.
    if (resumed_ == never || now - resumed_ > quiet_) delays_.reset();
    const duration pause = delays_.next();
    due_ = now + pause;
    return pause;
  }
  /// When the streams are to be resumed; never: there is nothing to resume.
  time_point due() const noexcept { return due_; }
  /// The pause is over and they are resumed.
  void end(time_point now) noexcept {
    due_ = never;
    resumed_ = now;
  }
  /// There is no link any more: nothing is due on it.
  void drop() noexcept { due_ = never; }

 private:
  backoff delays_;
  duration quiet_;
  time_point due_ = never;
  time_point resumed_ = never;
};

}  // namespace hawser
