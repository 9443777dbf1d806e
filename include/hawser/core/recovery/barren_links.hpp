// Slows down the attempts at a peer that ends every link for the protocol.
#pragma once

#include <hawser/core/recovery/jitter.hpp>
#include <hawser/core/ws/frame.hpp>
#include <hawser/error.hpp>

#include <optional>

namespace hawser {

/// Whether a link ended because one side did not take what the other one sent (RFC 6455 section
/// 7.4.1): by a Close of either with 1002, 1003, 1007, 1009 or 1010, or by frames that are none.
/// The next link will end the same way unless something is changed. 1008 is about who we are, 1011
/// and above about how the peer is.
constexpr bool is_of_protocol(close_code code) noexcept {
  switch (code) {
    case close_code::protocol_error:
    case close_code::unsupported_data:
    case close_code::bad_payload:
    case close_code::too_big:
    case close_code::missing_extension:
      return true;
    default:
      return false;
  }
}
/// `peers` and `own` are as in ended_in_order().
inline bool ended_for_protocol(const error_code& ec, close_code peers,
                               std::optional<close_code> own) noexcept {
  return is_of_protocol(peers) || (own && is_of_protocol(*own)) || ec == condition::protocol ||
         ec == framing_errc::message_too_big;
}

/// Counts links that ended for the protocol without progress between them. Pure: the seed decides
/// everything. Not thread-safe.
class barren_links {
 public:
  /// So many are left to the ordinary backoff.
  static constexpr unsigned patience = 2;

  /// Pauses in the upper half of `slow`, then twice that and so on up to `cap`.
  barren_links(duration slow, duration cap, std::uint64_t seed) noexcept
      : slow_(slow), cap_(std::max(slow, cap)), pause_(slow), random_(seed) {}

  /// One more ended for the protocol. How long to leave the peer alone; nullopt: not yet.
  std::optional<duration> ended() noexcept {
    if (++count_ <= patience) return std::nullopt;
    const duration most = pause_;
    pause_ = std::min(cap_, pause_ * 2);
    return most / 2 + random_.up_to(most - most / 2);
  }
  void progress() noexcept {
    count_ = 0;
    pause_ = slow_;
  }
  unsigned count() const noexcept { return count_; }

 private:
  duration slow_;
  duration cap_;
  duration pause_;  // the most of the next one
  jitter random_;
  unsigned count_ = 0;
};

}  // namespace hawser
