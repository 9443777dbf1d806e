// Everything between `send` and the frames of a link.
#pragma once

#include <hawser/core/ws/session.hpp>
#include <hawser/diagnostics.hpp>

#include "io/net/held_messages.hpp"
#include "io/net/traffic.hpp"

#include <memory>
#include <optional>

namespace hawser::io {

/// What outgoing asks of its link.
class outgoing_link {
 public:
  virtual ~outgoing_link() = default;
  /// on_sending is asked.
  virtual permit ask_sending(const message& m, bytes_view payload) = 0;
  /// limits::unacknowledged is reached: the link has to end.
  virtual void too_many_unacknowledged() = 0;
};

/// The messages of one link on their way to its session, lane by lane in order: what waits for the
/// link (gated), what on_sending has put off (held), what is passed on to a successor, and what
/// became of each. All that waits in a lane, wherever it does, counts against the lane's one bound,
/// which is the send queue's. Not thread-safe.
class outgoing {
 public:
  /// login: what clients send waits until the link is ready. turn: it is ready, but all besides the
  /// control lane waits until its predecessor has ended. opening: what waited goes out next, by
  /// open(). closed: the link is over, nothing is taken.
  enum class gate : std::uint8_t { login, turn, opening, open, closed };

  /// `asks`: on_sending is listed; `tracks`: on_settled is.
  outgoing(outgoing_link& link, session& to, traffic& counters, std::size_t unacknowledged,
           bool asks, bool tracks);
  /// A message of a client's.
  void send_gated(message&& m);
  /// A hook's. `view` is its payload if it owns none.
  void send(message& m, bytes_view view = {});
  /// Asks on_sending again about those whose time has come.
  void release_held(time_point now);
  /// When that is.
  time_point next() const noexcept { return held_ ? held_->next() : never; }

  void set_gate(gate g) noexcept {
    if (gate_ != gate::closed) gate_ = g;
  }
  bool opening() const noexcept { return gate_ == gate::opening; }
  /// What waited at the gate goes out.
  void open();
  /// What is sent from now on goes to `successor`, and what is held.
  void hand_over(outgoing& successor);
  /// The successor died: what waited at its gate goes out here.
  void regain(outgoing& successor);
  /// Nobody takes messages over any more.
  void keep() noexcept { successor_ = nullptr; }
  void await_ack(send_id id);
  void acked(send_id id) {
    if (deliveries_) deliveries_->acked(id);
  }
  /// The next end that is to be told; nullopt: there is none.
  std::optional<delivery_tracker::settled> next_end() {
    return deliveries_ ? deliveries_->next() : std::nullopt;
  }
  bool untold() const noexcept { return deliveries_ && deliveries_->waiting(); }
  /// The link is over: what has not ended does. How many messages were never framed.
  std::size_t end(error_code ec);

  /// Messages that wait, wherever they do.
  std::size_t waiting() const noexcept;
  /// The same, once when it has got above `limit`, and again only after half of that has gone.
  std::optional<std::size_t> became_long(std::size_t limit) noexcept;
  lane_load load(lane l) const noexcept { return session_.queue().load(l); }
  /// Whether waiting for room in the lane would not help a message of this size.
  bool fits(lane l, std::size_t size) const noexcept;

 private:
  void route(message& m, bytes_view view);
  using waiting_room = std::unique_ptr<held_messages>;  // made with the first message that waits
  void pass_on(outgoing& to, message&& m);
  void wait(waiting_room& in, message&& m, time_point until);
  template <class F>
  void release_all(waiting_room& from, F&& to);
  void queue(message& m, bytes_view view);
  void refuse(const message& m, error_code ec);
  bool closing() const noexcept { return session_.current() != session::state::open; }

  outgoing_link& link_;
  session& session_;
  traffic& counters_;
  std::unique_ptr<delivery_tracker> deliveries_;  // nullptr: nobody lists on::settled
  waiting_room held_;
  waiting_room gated_;
  outgoing* successor_ = nullptr;
  gate gate_ = gate::login;
  bool long_ = false;
  const bool asks_;
};

}  // namespace hawser::io
