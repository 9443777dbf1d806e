// An upgraded link, either role: the session between a transport and an event_sink.
#pragma once

#include <hawser/core/ws/session.hpp>
#include <hawser/diagnostics.hpp>
#include <hawser/event_sink.hpp>
#include <hawser/io/transport.hpp>
#include <hawser/options.hpp>

#include "io/net/ending.hpp"
#include "io/net/held_messages.hpp"
#include "io/net/traffic.hpp"

#include <memory>
#include <optional>
#include <string>

namespace hawser::io {

class connection;

/// What a connection needs of the client or peer that it belongs to.
class connection_owner {
 public:
  virtual ~connection_owner() = default;
  /// The link is no longer usable; on_drop was called. The connection may linger to end TCP
  /// properly: until released() it needs ticks.
  virtual void ended(connection& c, const drop_info& info, std::string_view detail) = 0;
  /// What the peer said, as it may be shown: without our own credentials.
  virtual std::string shown(const connection& c, std::string_view said) const {
    (void)c;
    return std::string(said);
  }
  /// Nothing is left of it.
  virtual void released(connection& c) = 0;
  /// A plug-in asked for the end of the client.
  virtual void stop_requested() = 0;
  /// A plug-in began the closing handshake.
  virtual void closing(connection& c) = 0;
  /// The login, if there was one, is through: on_ready follows.
  virtual void ready(connection& c) = 0;
  /// A plug-in, or the program, closes a link that is over.
  virtual void close_unlinked(close_code code, std::string_view reason) {
    (void)code;  // Who does not dial has nothing else to close.
    (void)reason;
  }
  /// A plug-in, most likely one that threw, ends a link that is over.
  virtual void failed_unlinked(error_code ec, std::string_view detail) = 0;
  /// A plug-in wants a successor of the link.
  virtual void recycle(connection& c) = 0;
  /// A successor ends before it took over: what it holds may go out on its predecessor.
  virtual void reclaim(connection& c) = 0;
  /// A plug-in wants new credentials for this link.
  virtual void reauthenticate(connection& c) = 0;
  /// More than one message waits to be delivered, and others shall have their turn: call
  /// c.resume() soon.
  virtual void resume_later(connection& c) = 0;
  /// A plug-in has heavy work. What refuses it.
  virtual result<void> offload(effects::job& work) = 0;
  /// Deadlines or wake times may have moved.
  virtual void reschedule() = 0;
};

/// The data path: one read of up to 64 KiB, every frame in it delivered in a loop, everything sent
/// meanwhile in one write, which is tried at once and awaited only when the socket is full. Carries
/// out the effects that hooks record. On one strand.
class connection final : public io_waiter, private frame_observer {
 public:
  struct config {
    role self = role::client;
    std::uint64_t number = 0;
    bool successor = false;
    hawser::limits limits;
    hawser::deadlines deadlines;
    log_sink* log = nullptr;
    std::size_t queue_warning = 0;  // messages that wait; 0: nobody is warned
    std::shared_ptr<buffer_pool> buffers;
  };

  connection(connection_owner& owner, event_sink& sink, traffic& counters, entropy& random,
             std::unique_ptr<transport> stream, const config& c);

  /// Announces the link (on_open) and begins to read; `rest` came behind the upgrade.
  void open(time_point now, const open_info& info, bytes_view rest);
  /// Records what `f` wants and carries it out, as if a hook had recorded it.
  template <class F>
  void with_context(time_point now, F&& f) {
    now_ = now;
    // While effects are carried out, their list must not change.
    context c(settling_ ? later_ : effects_, link_, now, config_.log);
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
  bool fits(lane l, std::size_t size) const noexcept;
  /// Messages that wait in this lane, wherever they do.
  lane_load load(lane l) const noexcept;
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
  void on_frame(bool outbound, opcode op, bool fin, std::size_t size, bytes_view payload) override;
  void deliver();
  void yield();
  // Whoever waits for the end waits for one hook, not for a batch of them.
  bool hurries() const noexcept { return ending_.began() || counters_.stop.asked(); }
  void broke_protocol(errc found);
  void on_peer_close(const read_event& e);
  void settle();
  struct carrier;  // of effects
  void execute(effects& fx);
  // A successor that is ready, whose turn has not come. It reads a little, to notice its own end.
  bool waits_its_turn() const noexcept { return link_.successor && link_.ready; }
  bool reads() const noexcept {
    if (ending_.released() || yielded_) return false;
    return !waits_its_turn() || unread_ < frame_reader::read_size;
  }
  void become_ready();
  void fail_login();
  void begin_close(const close_request& wanted);
  void await_ack(send_id id);
  void refuse(const message& m, error_code ec);
  void tell_fates();
  void offload(effects::job& work);
  void route(message& m, bytes_view view = {});
  static void own(message& m, bytes_view view);
  void hold(message&& m, time_point until);
  void gate(message&& m);
  void pass_on(connection& to, message&& m);
  permit ask_sending(const message& m, bytes_view view);
  void queue(message& m, bytes_view view);
  void release_held();
  std::size_t waiting() const noexcept {
    return session_.queue().waiting() + held_.count() + gated_.count();
  }
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
  void wait_writable(bool& blocked);

  connection_owner& owner_;
  event_sink& sink_;
  traffic& counters_;
  std::unique_ptr<transport> stream_;
  config config_;
  session session_;
  link_state link_;
  effects effects_;
  effects later_;                        // recorded by hooks that run while effects are carried out
  std::unique_ptr<fate_tracker> fates_;  // nullptr: nobody lists on::settled
  held_messages held_;                   // by on_sending
  held_messages gated_;                  // until the link may carry what clients send
  time_point now_;
  time_point opened_ = {};
  bool yielded_ = false;        // resume() will come
  bool queue_is_long_ = false;  // and that was told
  ending ending_;
  bool reading_ = false;
  bool settling_ = false;
  bool gate_opens_ = false;
  bool write_blocked_ = false;
  bool read_blocked_on_write_ = false;  // TLS has to send before it can read on
  error_code write_error_;              // nothing more can be written; what is to be read remains
  bool shut_ = false;
  time_point write_deadline_ = never;
  time_point login_deadline_ = never;
  std::optional<duration> retry_after_;
  std::uint64_t heartbeats_ = 0;
  std::shared_ptr<connection> successor_;  // after hand_over
  std::size_t unread_ = 0;                 // bytes that came and wait for the link's turn
};

}  // namespace hawser::io
