// Sends no faster than the peer allows.
#pragma once

#include <hawser/behavior.hpp>
#include <hawser/context.hpp>
#include <hawser/core/explain/description.hpp>
#include <hawser/core/token_bucket.hpp>

#include <array>
#include <functional>
#include <utility>

namespace hawser {

/// Token buckets on what is sent: one for the client, one for each lane. They last over links: a
/// peer that counts does not forget with the link. A message that finds too few tokens is
/// - `queue`: held until they are there; what follows in its lane waits behind it, within the
///   lane's bounds (options::limits: errc::queue_full);
/// - `refuse`: not sent, with errc::rate_exceeded; for what is worthless when it is late;
/// - `allow`: sent and counted; to find out what a limit would do.
/// A message that costs more than a whole bucket is sent when that is full. One that a plug-in
/// behind holds is charged again when it is asked about again: list this behind those that hold.
///
/// The control lane (login, heartbeats) is charged to the client's bucket and never waits for it:
/// the others pay it off. A bucket of its own holds it as it does any lane. Allocates nothing.
struct rate_limit : behavior<rate_limit, on::sending> {
  enum class shortage : std::uint8_t { queue, refuse, allow };
  struct rate {
    double per_second = 0;  ///< tokens; 0: no bound
    double burst = 0;       ///< room for so many; 0: a second's worth, one at least
  };
  struct options {
    rate client = {};                         ///< all lanes together
    std::array<rate, lane_count> lanes = {};  ///< each by itself, by hawser::lane
    shortage on_shortage = shortage::queue;
    double per_message = 1;  ///< tokens that a message costs
    double per_byte = 0;     ///< and each byte of it
    /// Instead of both: what a message costs. Below 0 is 0. Called on the strand, for a held
    /// message once more.
    std::function<double(const outbound&)> cost = {};
  };

  rate_limit() : rate_limit(options{}) {}
  explicit rate_limit(options o)
      : options_(std::move(o)), client_(options_.client.per_second, options_.client.burst) {
    for (std::size_t i = 0; i < lane_count; ++i) {
      lanes_[i] = token_bucket(options_.lanes[i].per_second, options_.lanes[i].burst);
    }
  }

  result<void, error_info> validate() const {
    // Beyond the bounds a token takes less than a nanosecond, or more than a day. Not a number is
    // neither.
    const auto good = [](const rate& r) {
      return (r.per_second == 0 || (r.per_second >= 1e-5 && r.per_second <= 1e9)) && r.burst >= 0 &&
             r.burst <= 1e9;
    };
    bool all = good(options_.client) && options_.per_message >= 0 && options_.per_byte >= 0;
    for (const rate& r : options_.lanes) all = all && good(r);
    if (all) return {};
    return invalid_option(
        "rate_limit: per_second must be 0 or from 0.00001 to 1e9, burst from 0 to 1e9, per_message "
        "and per_byte not negative");
  }

  permit on_sending(context& c, const outbound& m) {
    token_bucket& own = lanes_[static_cast<std::size_t>(m.lane)];
    const double tokens = cost(m);
    time_point t = own.ready(c.now(), tokens);
    if (m.lane != lane::control) t = std::max(t, client_.ready(c.now(), tokens));
    if (t > c.now()) {
      ++short_;
      if (options_.on_shortage == shortage::queue) return permit::hold_until(t);
      if (options_.on_shortage == shortage::refuse) return permit::refuse(errc::rate_exceeded);
    }
    own.take(c.now(), tokens);
    client_.take(c.now(), tokens);
    return permit::pass();
  }

  /// How often a message found too few tokens; a held one counts each time it is looked at. On the
  /// strand.
  std::uint64_t shortages() const noexcept { return short_; }
  /// Tokens of the client's bucket; below 0: owed. Without a bound: 0. On the strand.
  double level(time_point now) const noexcept { return client_.level(now); }

  /// How often tokens were short, and when the client's are all there again.
  void describe(description& d) const {
    d.add("shortages", short_);
    if (options_.client.per_second > 0 && short_ != 0) d.add("client full", client_.full());
  }

 private:
  double cost(const outbound& m) const {
    if (!options_.cost) {
      return options_.per_message + options_.per_byte * static_cast<double>(m.data.size());
    }
    const double d = options_.cost(m);
    return d > 0 ? d : 0;  // Not a number is no cost either.
  }

  options options_;
  token_bucket client_;
  std::array<token_bucket, lane_count> lanes_;
  std::uint64_t short_ = 0;
};

}  // namespace hawser
