// When it is worth a line that an endpoint gives no link, and that it does again.
#pragma once

#include <hawser/time.hpp>

#include <cstddef>
#include <optional>
#include <set>

namespace hawser {

/// What the clients of an endpoint that have no link make one notice of: due after a minute, then
/// whenever the outage has lasted four times as long, every 6 h at the latest. An outage begins
/// with the first failed attempt or the loss of a link. A link that did not prove itself has not
/// ended it: what comes and goes is told as rarely. Nothing is polled: whoever fails asks. Pure;
/// not thread-safe.
class outage_notice {
 public:
  static constexpr duration first = std::chrono::minutes(1);
  static constexpr duration longest = std::chrono::hours(6);

  /// A client's place, kept by the client.
  struct seat {
    time_point since = never;  ///< the outage it is in, or that its link may not have ended
    bool away = false;
  };
  struct notice {
    duration lasts{};         ///< for the client that has had no link for longest
    std::size_t clients = 0;  ///< that have none
  };

  /// The client has had no link since `since`.
  void lost(seat& s, time_point since);
  /// What is to be told now, if anything. It counts as told.
  std::optional<notice> due(time_point now);
  /// The client has a link; how long the outage was, if it was told and this ends it.
  std::optional<duration> found(seat& s, time_point now);
  /// That link was a good one: its loss begins another outage.
  void proved(seat& s) noexcept { s.since = never; }
  /// The client wants no link any more.
  void leaves(seat& s) noexcept;

 private:
  void forget(seat& s) noexcept;

  std::multiset<time_point> away_;  // since when, of each client without a link
  time_point next_{};               // nothing is told before
  time_point told_ = never;         // when the outage began that was told; never: none was
};

}  // namespace hawser
