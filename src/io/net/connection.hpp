// An upgraded link, either role: the session between a transport and an event_sink.
#pragma once

#include <hawser/core/ws/session.hpp>
#include <hawser/diagnostics.hpp>
#include <hawser/event_sink.hpp>
#include <hawser/io/transport.hpp>
#include <hawser/options.hpp>

#include "io/net/connection_owner.hpp"
#include "io/net/ending.hpp"
#include "io/net/outgoing.hpp"
#include "io/net/traffic.hpp"
#include "io/net/write_progress.hpp"

#include <memory>
#include <optional>
#include <string>

namespace hawser::io {

/// The data path: one read of up to 64 KiB, every frame in it delivered in a loop, everything sent
/// meanwhile in one write, which is tried at once and awaited only when the socket is full. Carries
/// out the effects that hooks record. On one strand.
class connection final : public io_waiter, private frame_observer, private outgoing_link {
 public:
  /// The options are the owner's, and outlive the link.
  struct config {
    const hawser::limits& limits;
    const hawser::deadlines& deadlines;
    role self = role::client;
    std::uint64_t number = 0;
    bool successor = false;
    log_sink* log = nullptr;
    std::size_t queue_warning = 0;  // messages that wait; 0: nobody is warned
    std::shared_ptr<buffer_pool> buffers = {};
  };

  connection(connection_owner& owner, event_sink& sink, traffic& counters, entropy& random,
             std::unique_ptr<transport> stream, const config& c);

  /// Announces the link (on_open) and begins to read; `rest` came behind the upgrade.
  void open(time_point now, const open_info& info, bytes_view rest);
  /// Records what `f` wants and carries it out, as if a hook had recorded it.
  template <class F>
  void with_context(time_point now, F&& f) {
    set_time(now);
    context c(effects_.next(), link_, now, config_.log);
    f(c);
    settle();
  }
  /// The same with what is no hook: a task.
  template <class F>
  void run_task(time_point now, F&& f) {
    with_context(now, [&](context& c) { sink_.run_task(c, f); });
  }
  /// Goes on with the messages that resume_later() was about.
  void resume();
  /// Writes what was queued. What the other calls queue is written by the next flush.
  void flush();
  /// Queues one message, through on_sending, once the link is ready.
  void send(time_point now, message&& m);
  // Recycling: what is written on the predecessor waits at the successor, which is not read, until
  // the predecessor has ended. The control lane stays with its link.

  /// What is written from now on goes to `successor`.
  void hand_over(time_point now, std::shared_ptr<connection> successor);
  /// The successor died: what waited at it goes out here.
  void regain(time_point now, connection& successor);
  /// This link is the client's only one: writes and reads go on.
  void take_over(time_point now);

  /// Tells on_renewed.
  void renew(time_point now, const std::vector<header>& granted);
  /// Drains and closes, for the client itself: no plug-in asked for it.
  void close(time_point now, close_code code, std::string_view reason);
  /// Ends at once, without on_drop unless the link was announced and has not ended.
  void abort(error_code ec, std::string_view detail);

  time_point next_deadline() const noexcept;
  void tick(time_point now);

  const link_state& link() const noexcept { return link_; }
  time_point opened() const noexcept { return opened_; }
  /// Nothing waits for the socket.
  bool written() const noexcept { return session_.queue().empty(); }
  /// Whether waiting for room in the lane would not help a message of this size.
  bool fits(lane l, std::size_t size) const noexcept { return outgoing_.fits(l, size); }
  /// Messages that wait in this lane, wherever they do.
  lane_load load(lane l) const noexcept { return outgoing_.load(l); }
  /// Bytes held by buffers and queues.
  std::size_t memory() const noexcept;
  /// How long the peer asked to be left alone.
  const std::optional<duration>& retry_after() const noexcept { return retry_after_; }
  tls_info security() const { return stream_->security(); }
  bool lingering() const noexcept { return ending_.lingering(); }
  /// Nothing but what is queued is sent any more.
  bool closing() const noexcept { return session_.current() != session::state::open; }

  std::shared_ptr<connection> share() {
    return std::static_pointer_cast<connection>(shared_from_this());
  }

  // io_waiter
  void readable() override;
  void writable() override;

 private:
  struct carrier;  // of effects
  // What hooks recorded, and what they record while that is carried out, when it must not change.
  struct recorded {
    effects now;
    effects later;
    bool busy = false;
    effects& next() noexcept { return busy ? later : now; }
  };
  struct intake {
    enum class state : std::uint8_t {
      idle,
      awaited,  // readable() comes
      blocked,  // TLS has to send before it can read on
    };
    state at = state::idle;
    bool yielded = false;    // resume() comes
    std::size_t unread = 0;  // bytes that came and wait for the link's turn
  };

  void on_frame(bool outbound, opcode op, bool fin, std::size_t size, bytes_view payload) override;
  permit ask_sending(const message& m, bytes_view payload) override;
  void too_many_unacknowledged() override;

  // Of what is done for this link its successor does a part.
  void set_time(time_point now) noexcept {
    now_ = now;
    if (successor_) successor_->set_time(now);
  }
  void deliver();
  void yield();
  // Whoever waits for the end waits for one hook, not for a batch of them.
  bool hurries() const noexcept { return ending_.began() || counters_.stop.asked(); }
  void broke_protocol(framing_errc found);
  void on_peer_close(const read_event& e);
  void settle();
  void execute(effects& fx);
  // A successor that is ready, whose turn has not come. It reads a little, to notice its own end.
  bool waits_its_turn() const noexcept { return link_.successor && link_.ready; }
  bool reads() const noexcept {
    if (ending_.released() || intake_.yielded) return false;
    return !waits_its_turn() || intake_.unread < frame_reader::read_size;
  }
  void become_ready();
  void fail_login();
  void begin_close(const close_request& wanted);
  void tell_deliveries();
  void offload(effects::job& work);
  time_point close_deadline() const noexcept {
    return ending_.deadline(closing(), counters_.stop.deadline());
  }
  void write_queued();
  void watch_queue();
  void after_flush();
  void lost(error_code ec, std::string_view detail);
  void end(error_code ec, link_end by, std::string_view detail);
  void release();
  void reschedule();
  void wait_readable();
  void wait_writable();

  connection_owner& owner_;
  event_sink& sink_;
  traffic& counters_;
  const config config_;
  std::unique_ptr<transport> stream_;
  session session_;
  outgoing outgoing_;
  write_progress writing_;
  ending ending_;
  link_state link_;
  recorded effects_;
  std::shared_ptr<connection> successor_;  // after hand_over
  time_point now_;
  time_point opened_ = {};
  time_point login_deadline_ = never;
  std::optional<duration> retry_after_;
  std::uint64_t heartbeats_ = 0;
  intake intake_;
  bool awaits_writable_ = false;
};

}  // namespace hawser::io
