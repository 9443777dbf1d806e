// What a hook may do: it records effects, which are carried out after the chain has returned.
#pragma once

#include <hawser/core/ws/send_queue.hpp>
#include <hawser/effects.hpp>
#include <hawser/log.hpp>

#include <cassert>
#include <functional>
#include <string>

namespace hawser {

class event_sink;

/// What hooks may know of the link.
struct link_state {
  std::uint64_t number = 0;            ///< of the current or last link; 0: there was none yet
  std::uint64_t successor_number = 0;  ///< of the one that carries what is sent now; 0: none
  bool open = false;
  bool ready = false;       ///< on_ready was called: what clients send goes out
  bool successor = false;   ///< a predecessor is open still; this one takes over from it
  std::uint64_t acked = 0;  ///< messages that the peer acknowledged on the current or last link
  hook_mask hooks = 0;      ///< that anyone listed
  time_point last_inbound = {};       ///< when the last byte came
  time_point last_outbound = {};      ///< when the socket last took a byte
  const send_queue* queue = nullptr;  ///< its bounds; nullptr (in tests): none
  send_id* last_send = nullptr;  ///< counts the ids of what hooks send; nullptr: the effects do
  const event_sink* plugins = nullptr;  ///< knows which hook runs; nullptr (in tests): nobody
};

namespace detail {
// Each thread has one, at an address of its own.
inline constinit thread_local char thread_mark = 0;
}  // namespace detail

/// Handed to every hook, valid during the call only and on its thread only. Records effects; does
/// no I/O. One that was kept, or is used by another thread, fails an assertion; without assertions
/// what it is asked for has no effect (errc::outside_hook, where there is an answer). That is as
/// good as it can be found out: what was kept is a place in memory that belongs to others by then.
///
/// Without an open link (link_state::open) close, fail, stop, offload, wake_at and log work as
/// always; send and ping answer errc::not_connected; everything else is refused, which is logged at
/// `warn` with the hook that asked for it.
class context {
 public:
  /// `now` is the time of the event. `sink` may be nullptr.
  context(effects& fx, const link_state& link, time_point now, log_sink* sink = nullptr) noexcept
      : effects_(fx), link_(link), now_(now), sink_(sink) {}
  context(const context&) = delete;
  context& operator=(const context&) = delete;
  // Volatile: a compiler knows that nobody may look any more.
  ~context() { const_cast<const char* volatile&>(thread_) = nullptr; }

  /// Whether it is used within its hook, on its thread.
  bool valid() const noexcept {
    return const_cast<const char* const volatile&>(thread_) == &detail::thread_mark;
  }
  time_point now() const noexcept {
    assert(valid());
    return now_;
  }
  const link_state& link() const noexcept {
    assert(valid());
    return link_;
  }

  /// Queues a message on the open link; its id. errc::not_connected: there is none, or its closing
  /// handshake has begun; framing_errc::bad_utf8: a text must be UTF-8 (RFC 6455 8.1);
  /// errc::queue_full: the lane is at its bound. Then nothing was taken. Once a successor of the
  /// link is ready, what is not on the control lane waits for it.
  result<send_id> send(std::string_view text, lane l = lane::bulk) {
    return record_send(opcode::text, l, as_bytes(text));
  }
  result<send_id> send(bytes_view data, lane l = lane::bulk) {
    return record_send(opcode::binary, l, data);
  }
  result<send_id> send(std::span<const std::uint8_t> data, lane l = lane::bulk) {
    return record_send(opcode::binary, l, std::as_bytes(data));
  }
  /// Gives a payload away instead of copying it; meant for large ones.
  result<send_id> send(buffer&& data, opcode op = opcode::binary, lane l = lane::bulk);
  result<send_id> send(std::nullptr_t, lane = lane::bulk) = delete;
  /// A size belongs into a std::string_view for text, into a std::span for binary.
  result<send_id> send(const void*, std::size_t, lane = lane::bulk) = delete;
  /// The peer will acknowledge this message: its delivery (on::settled) is known only then, or when
  /// the link ends. In the hook that sends it, or for what threads send in on_sending: once it has
  /// been written without this, its delivery is told. At most limits::unacknowledged at a time; one
  /// more ends the link (errc::too_many_unacknowledged). No effect while nobody lists on::settled.
  void await_ack(send_id id);
  /// The peer has acknowledged a message. Also without await_ack or an id (0): link_state::acked
  /// counts it, and reconnect takes it for the proof that the link works.
  void acked(send_id id = 0);
  /// Queues a ping with at most 125 bytes of payload (framing_errc::message_too_big). It overtakes
  /// every lane.
  result<void> ping(bytes_view payload);
  /// Starts the closing handshake behind what is queued. on_error decides what comes after it. The
  /// reason is made UTF-8 and cut to 123 bytes (RFC 6455 5.5.1). Of two on one link the code of the
  /// first goes out. Without a link there is nothing to close: an orderly code (1000, 1005) ends
  /// the attempt that is under way or awaited, and on_error is asked as after a link
  /// (failure::own_close); with another one a client dials on, which is logged at `warn`.
  void close(close_code code = close_code::normal, std::string_view reason = {});
  /// Ends the link at once for this error, without waiting for what is queued; for
  /// errc::refused_by_hook if it is none.
  void fail(const error_code& why, std::string_view detail);
  /// Ends the client as client::stop() does.
  void stop();

  /// In on_open: the link is not ready before set_ready(), for which there are
  /// deadlines::authenticate (errc::auth_timeout). Until then only hooks can send on it.
  void begin_login();
  /// The login is through: on_ready follows. No effect on a link that is ready.
  void set_ready();
  /// Opens a successor of the open link and moves to it once it is ready, without losing, repeating
  /// or reordering a message of ours (make before break). No effect while one is under way.
  void recycle();
  /// Asks on_authenticate for new credentials and hands them to on_renewed.
  void reauthenticate();
  /// The peer asked not to be dialed for so long: the next on_error is told as
  /// failure::retry_after.
  void defer_retry(duration d);
  /// Asks the adapter for a heartbeat of the application's own (on_heartbeat).
  void heartbeat();
  /// Tells everybody who lists on::subscription, after the chain has returned. `error` is of a
  /// failed one.
  void subscription(std::string_view topic, subscription_event::kind what,
                    const error_code& error = errc::subscription_refused);
  /// Runs `work()` on a thread of the client's, after the chain has returned: jobs of one key one
  /// after the other, in order. Then `done(context, error)` on the strand, if it is given:
  /// errc::hook_threw if `work` threw, errc::offload_full (options::offload) or errc::stopped if it
  /// was not begun. The client's end waits for what runs within deadlines::close (of stop(), if
  /// that was called); work that runs longer is left behind and must not need the client. An
  /// acceptor's links refuse it (errc::stopped).
  void offload(std::string key, std::function<void()> work,
               std::function<void(context&, error_code)> done = nullptr);
  /// Whether anyone lists the hook.
  bool wants(hook h) const noexcept { return (link_.hooks & bit(h)) != 0; }

  /// on_wake of this plug-in is called once, at or soon after `t`; the last call counts. A plug-in
  /// has one wake time of its own; it lasts over links. A plug-in that does not list on::wake would
  /// not be woken: for it this is a bug, logged and without effect.
  void wake_at(time_point t) noexcept {
    if (!usable()) return;
    if (wake_ == nullptr) return refuse_wake();
    *wake_ = t;
  }
  void cancel_wake() noexcept {
    if (usable() && wake_ != nullptr) *wake_ = never;
  }
  time_point wake_time() const noexcept { return wake_ != nullptr ? *wake_ : never; }

  bool wants(log_level level) const noexcept {
    return usable() && sink_ != nullptr && sink_->wants(level);
  }
  void log(log_level level, std::string_view line) const noexcept {
    if (wants(level)) sink_->write(level, line);
  }

  /// The log itself, for the trace, which may be told to write below its threshold; may be nullptr.
  log_sink* sink() const noexcept { return sink_; }

  /// Which wake time wake_at sets; nullptr: nobody would be woken. The chain's business.
  void enter(time_point* wake) noexcept { wake_ = wake; }

 private:
  // With the words for whoever reads the assertion.
  bool usable() const noexcept {
    const bool used_within_its_hook_and_on_its_thread = valid();
    assert(used_within_its_hook_and_on_its_thread && "a hawser::context was kept or shared");
    return used_within_its_hook_and_on_its_thread;
  }
  void refuse_wake() const noexcept;
  result<void> admit(opcode op, lane l, bytes_view data);
  result<send_id> record_send(opcode op, lane l, bytes_view data);
  // False: it needs a link and there is none, which was told.
  template <class E>
  bool may_record() const {
    if (!usable()) return false;
    if (!E::needs_link || link_.open) return true;
    refuse_unlinked(E::name);
    return false;
  }
  template <class E>
  void record(const E& e) {
    if (may_record<E>()) effects_.record(e);
  }
  void refuse_unlinked(std::string_view what) const;
  send_id next_send() noexcept {
    return (link_.last_send != nullptr ? *link_.last_send : effects_.last_send_) += 2;
  }

  effects& effects_;
  const link_state& link_;
  time_point now_;
  log_sink* sink_;
  time_point own_wake_ = never;
  time_point* wake_ = &own_wake_;
  const char* thread_ = &detail::thread_mark;  // its; nullptr: the hook is over
};

}  // namespace hawser
