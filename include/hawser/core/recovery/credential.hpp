// A token, and when it has to be replaced.
#pragma once

#include <hawser/time.hpp>

#include <algorithm>
#include <string>
#include <utility>

namespace hawser {

/// What a provider returns.
struct token {
  std::string value;  ///< empty: there is none
  /// From when it was asked for (`expires_in`, RFC 6749 section 5.1); 0: unknown, or for ever.
  duration lifetime = duration::zero();
};

/// Keeps a token until shortly before it expires, and says whether a refusal is worth another one.
/// Pure. Not thread-safe.
class credential {
 public:
  /// A token counts as good until `ahead` before its end, but for half of its lifetime at least.
  /// `stable`: a link that lived so long shows that its token was good.
  credential(duration ahead, duration stable) noexcept : ahead_(ahead), stable_(stable) {}

  /// A token that was asked for at `asked`.
  void store(token t, time_point asked) {
    token_ = std::move(t);
    refresh_at_ = never;
    if (token_.lifetime > duration::zero() && token_.lifetime < never - asked) {
      refresh_at_ = asked + token_.lifetime - std::min(ahead_, token_.lifetime / 2);
    }
  }
  bool usable(time_point now) const noexcept { return !token_.value.empty() && now < refresh_at_; }
  const std::string& value() const noexcept { return token_.value; }
  /// When the next one is to be asked for; never: this one lasts, or there is none.
  time_point refresh_at() const noexcept { return token_.value.empty() ? never : refresh_at_; }

  /// Whether the last one was refused, and there is no other yet.
  bool rejected() const noexcept { return again_ && token_.value.empty(); }

  /// A link opened with it.
  void opened(time_point now) noexcept { opened_ = now; }
  /// The peer refused it: it is forgotten. True: another one may help. False: that was the other
  /// one.
  bool refused(time_point now) noexcept {
    if (opened_ != never && now - opened_ >= stable_) again_ = false;
    opened_ = never;
    token_ = {};
    return !std::exchange(again_, true);
  }

 private:
  duration ahead_;
  duration stable_;
  token token_;
  time_point refresh_at_ = never;
  time_point opened_ = never;
  bool again_ = false;  // this token was fetched because one was refused
};

}  // namespace hawser
