// Decides what the uplink sends of an outbox: the device's half of the receipt protocol. Pure.
#pragma once

#include <hawser/core/receipt/receipt.hpp>
#include <hawser/core/receipt/takeover.hpp>
#include <hawser/core/receipt/wire.hpp>
#include <hawser/time.hpp>

#include <deque>
#include <map>
#include <optional>
#include <set>
#include <span>
#include <string>
#include <variant>
#include <vector>

namespace hawser {

/// A stream as the outbox knows it.
struct outbox_stream {
  std::uint32_t sid = 0;
  std::string governor;
  std::uint64_t epoch = 0;
  stream_head last;         ///< the newest receipt on disk
  std::uint64_t acked = 0;  ///< acknowledged, as recorded on disk
  stream_head base;         ///< the receipt before the oldest one that is still kept
};

/// What the owner of a window is to do, in the order given.
namespace window_effect {

/// Read receipts from `first` on, and the hash before it, out of the store; answer with rows(),
/// unavailable(), lost() or damaged() and the same generation, in any order among streams.
struct fetch {
  std::uint32_t sid = 0;
  std::uint64_t generation = 0;
  std::uint64_t first = 0;
  std::size_t max_rows = 0;
  std::size_t max_bytes = 0;
};
/// Put this receipts message on the link.
struct send {
  std::uint32_t sid = 0;
  std::uint64_t first = 0;
  std::uint64_t last = 0;
  bytes message;
};
/// Put this resume on the link.
struct resume {
  wire::resume message;
};
/// Record in the store that the ledger has committed up to `seq`.
struct acknowledge {
  std::uint32_t sid = 0;
  std::uint64_t seq = 0;
};
/// Tell an operator. The stream is parked: nothing of it is sent until the next link.
struct alarm {
  std::uint32_t sid = 0;
  std::string text;
};
/// Tell an operator: another link of this device has resumed the stream. It, and whatever else is
/// found superseded meanwhile, is resumed again after `pause`.
struct superseded {
  std::string governor;
  duration pause{};
};
/// Tell an operator: the ledger has less than it had acknowledged. These are sent again.
struct lost_by_ledger {
  std::string governor;
  std::uint64_t first = 0;
  std::uint64_t last = 0;
};

}  // namespace window_effect

using window_effects =
    std::vector<std::variant<window_effect::fetch, window_effect::send, window_effect::resume,
                             window_effect::acknowledge, window_effect::alarm,
                             window_effect::superseded, window_effect::lost_by_ledger>>;

/// Sends every receipt of every stream in order, as far as the bounds allow, from where the ledger
/// says it stands, until the ledger has acknowledged it.
///
/// Nothing of a stream is sent before its resumed(). An acknowledgment is believed only for
/// receipts that were sent on this link, and a position in resumed() only when its hash is that of
/// our own history. A stream whose histories part is parked with an alarm; the others go on. What
/// is parked is asked for again on the next link: nothing is remembered but what the outbox has on
/// disk. A stream that another link of this device has resumed is resumed again on this one after a
/// pause, longer each time (takeover).
///
/// Every call appends its effects to `out`. Calls that carry what the peer said answer
/// wire_errc::malformed when that breaks the protocol (a stream never named, a number never sent):
/// the link is to be ended; nothing was changed. Not thread-safe.
class outbox_window {
 public:
  struct options {
    std::size_t max_message = 64 * 1024;    ///< bytes of one message, at least min_message
    std::size_t max_batch_rows = 256;       ///< receipts of one message
    std::size_t max_resume_streams = 512;   ///< entries of one resume
    std::size_t in_flight_rows = 4096;      ///< unanswered receipts, all streams together
    std::size_t in_flight_bytes = 1 << 20;  ///< of unanswered messages; at least max_message
    std::uint32_t max_repeats = 3;          ///< refusals of one batch before its stream is parked
    /// After a busy that does not say how long, and the most of the first pause of a takeover.
    duration default_pause = std::chrono::seconds(1);
    /// A busy that says more waits this long; no pause of a takeover is longer.
    duration max_pause = std::chrono::minutes(1);
    std::uint64_t seed = 0;  ///< of the jitter in the pauses of takeovers
  };
  static constexpr std::size_t min_message = 4096;

  outbox_window() : outbox_window(options{}) {}
  /// Options below their bounds are raised to them.
  explicit outbox_window(const options& o);

  // ---- what the store says

  /// A stream of the outbox, new or found at the start. Its sid must be new.
  void add(const outbox_stream& s, window_effects& out);
  /// Receipts up to `last` are on disk. The stream must be known.
  void committed(std::uint32_t sid, const stream_head& last, window_effects& out);
  /// The answer to a fetch; `previous` is the hash before the first row. Empty rows say that the
  /// store has them no more: the stream is parked. Answers to what is not wanted any
  /// more are ignored, also those below.
  void rows(std::uint32_t sid, std::uint64_t generation, const digest& previous,
            const std::vector<chained_receipt>& rows, window_effects& out);
  /// The answer to a fetch that failed and may succeed later: it is asked again after a pause.
  void unavailable(std::uint32_t sid, std::uint64_t generation, time_point now,
                   window_effects& out);
  /// The answer to a fetch of what is trimmed: the oldest receipt kept is the one after `base`. The
  /// stream is parked.
  void lost(std::uint32_t sid, std::uint64_t generation, const stream_head& base,
            window_effects& out);
  /// The answer to a fetch whose first receipt is damaged; `why` names it, `previous` is the hash
  /// before it, if it can be read. Until the next resumed() the stream ends before it: what is
  /// before it is still acknowledged, and sent again where the ledger asks for it.
  void damaged(std::uint32_t sid, std::uint64_t generation, const std::optional<digest>& previous,
               const std::string& why, window_effects& out);

  // ---- what the link says

  /// A link is open: resumes every stream that has receipts, in messages within the bounds.
  void opened(window_effects& out);
  /// The cloud accepts messages of at most so many bytes (welcome). Counts for this link.
  void limit_message(std::size_t max_bytes) noexcept;
  result<void> resumed(const wire::committed_position& p, window_effects& out);
  result<void> ack(std::uint32_t sid, std::uint64_t seq, window_effects& out);
  result<void> nack(const wire::nack& n, time_point now, window_effects& out);
  /// The link is gone. What was in flight counts as never sent.
  void dropped() noexcept;

  // ---- time

  /// When woke() is to be called, for streams that were told to wait; never: not at all.
  time_point next_wake() const noexcept;
  void woke(time_point now, window_effects& out);

  std::size_t in_flight_rows() const noexcept { return flight_.rows; }
  std::size_t in_flight_bytes() const noexcept { return flight_.bytes; }
  bool parked(std::uint32_t sid) const noexcept;
  /// The governor of a stream, for people; the sid where there is none.
  std::string name(std::uint32_t sid) const;

 private:
  enum class phase : std::uint8_t {
    silent,     // not named on this link
    asked,      // resume sent
    live,       // resumed
    displaced,  // by another link of this device, until the pause is over
    reclaimed,  // resume sent again
    parked,
  };
  struct load {
    std::size_t rows = 0;
    std::size_t bytes = 0;
  };
  struct sent_batch {
    std::uint64_t last;
    load size;
  };
  struct stream {
    outbox_stream record;
    phase at = phase::silent;
    std::uint64_t committed = 0;       // by the ledger, as far as this link knows
    std::uint64_t sent = 0;            // what comes next is sent + 1
    std::uint64_t high = 0;            // the largest number ever sent on this link
    std::optional<digest> unverified;  // the ledger's hash at `committed`, to be compared with ours
    std::deque<sent_batch> in_flight;
    std::uint64_t back_to = 0;      // where the last step back went
    std::size_t stale_answers = 0;  // gaps to come for batches behind the refused one
    std::uint32_t repeats = 0;      // refusals since the ledger last moved
    std::uint64_t fetching = 0;     // generation of the outstanding fetch; 0: none
    load reserved;                  // for it
    bool queued = false;
    std::uint64_t damaged_at = 0;      // cannot be sent; up to `sent`: the ledger has it
    std::optional<time_point> paused;  // until then

    // Only then can the peer have something to say of what was sent.
    bool sending() const noexcept { return at == phase::live && !unverified; }
    // The last receipt that can be sent.
    std::uint64_t end() const noexcept {
      return damaged_at > sent ? damaged_at - 1 : record.last.seq;
    }
    // What was sent may still be answered, but the next resumed() says all of it.
    bool deaf() const noexcept {
      return at == phase::parked || at == phase::displaced || at == phase::reclaimed;
    }
  };
  using stream_map = std::map<std::uint32_t, stream>;

  bool wants_more(const stream& s) const noexcept;
  wire::stream_position position(const stream& s) const;
  stream* awaited(std::uint32_t sid, std::uint64_t generation);
  void ask(stream& s, window_effects& out);
  void resume_all(phase from, phase to, window_effects& out);
  void queue(stream& s);
  void pump(window_effects& out);
  void fetch(stream& s, window_effects& out);
  void send(stream& s, const digest& previous, std::span<const chained_receipt> rows,
            window_effects& out);
  bool verify(stream& s, const digest& ours, window_effects& out);
  void forget_fetch(stream& s) noexcept;
  void forget_flight(stream& s) noexcept;
  void advance(stream& s, std::uint64_t seq, window_effects& out);
  void gap(stream& s, std::uint64_t committed, window_effects& out);
  bool go_back(stream& s, std::uint64_t to);
  void pause(stream& s, time_point until);
  void displace(stream& s, time_point now, window_effects& out);
  void leave(stream& s, phase to);
  void repeat(stream& s, std::uint64_t to, const char* why, window_effects& out);
  void park_lost(stream& s, std::uint64_t ledger_end, window_effects& out);
  void park(stream& s, std::string text, window_effects& out);

  options options_;
  std::size_t message_limit_;
  stream_map streams_;
  std::deque<std::uint32_t> ready_;  // streams with something to fetch, served in turn
  std::set<std::pair<time_point, std::uint32_t>> paused_;
  load flight_;    // sent and unanswered
  load reserved_;  // asked of the store
  std::uint64_t generation_ = 0;
  takeover takeover_;
  bool open_ = false;
};

}  // namespace hawser
