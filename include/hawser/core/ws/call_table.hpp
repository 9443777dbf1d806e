// The calls of one client that wait for their end.
#pragma once

#include <hawser/error.hpp>
#include <hawser/time.hpp>

#include <cstddef>
#include <cstdint>
#include <map>
#include <memory>
#include <optional>
#include <set>
#include <utility>

namespace hawser {

/// Which calls wait, how long they may, and on which link they were sent: a pure machine. Ids count
/// up from 1 and are never used again, so a reply that comes late finds nothing. At most `limit`
/// calls at a time. Not thread-safe.
class call_table {
 public:
  struct call {
    std::uint64_t id = 0;
    time_point deadline = never;
    bool idempotent = false;
    std::uint64_t link = 0;                ///< that it was sent on; 0: it waits for one
    std::uint64_t send = 0;                ///< the message that it was sent in
    std::shared_ptr<void> kept = nullptr;  ///< the owner's, untouched

    bool sent() const noexcept { return link != 0; }
  };

  explicit call_table(std::size_t limit = 1024) : limit_(limit) {}
  void set_limit(std::size_t limit) noexcept { limit_ = limit; }

  /// A new call, which waits for a link; its id. errc::too_many_calls.
  result<std::uint64_t> add(time_point deadline, bool idempotent,
                            std::shared_ptr<void> kept = nullptr);
  /// It was written to this link, in this message. No effect on a call that is gone.
  void sent(std::uint64_t id, std::uint64_t link, std::uint64_t send);
  /// What was sent on one link goes out on another.
  void moved(std::uint64_t from, std::uint64_t to) noexcept;
  /// nullptr: it is gone. Valid until the next change.
  const call* find(std::uint64_t id) const noexcept;
  /// Empty: it was gone already.
  std::optional<call> take(std::uint64_t id);

  /// The oldest call after `id` that waits for a link.
  std::optional<std::uint64_t> next_queued(std::uint64_t id = 0) const;
  /// Takes one whose deadline has come, earliest first.
  std::optional<call> take_due(time_point now);
  /// Takes one that was sent on this link and must not be sent again; those that may be wait for
  /// the next link from now on.
  std::optional<call> take_lost(std::uint64_t link);
  /// Takes one that was sent in this message.
  std::optional<call> take_sent_in(std::uint64_t send);
  /// This message never went out: what was sent in it waits for the next link from now on.
  void unsent(std::uint64_t send);
  /// Takes any.
  std::optional<call> take_any();

  /// hawser::never if there is none.
  time_point next_deadline() const noexcept {
    return deadlines_.empty() ? never : deadlines_.begin()->first;
  }
  std::size_t size() const noexcept { return calls_.size(); }
  /// Calls that were sent on this link and have not ended.
  std::size_t sent_on(std::uint64_t link) const noexcept;

 private:
  using calls = std::map<std::uint64_t, call>;
  call take_at(calls::iterator at);
  void requeue(call& c);

  std::size_t limit_;
  std::uint64_t last_ = 0;
  calls calls_;
  std::set<std::uint64_t> queued_;
  std::set<std::pair<time_point, std::uint64_t>> deadlines_;
};

}  // namespace hawser
