// Which of a client's attempts is its own, and how it moves to another one.
#pragma once

#include <hawser/core/ws/handover.hpp>

#include "io/net/attempt.hpp"

#include <array>
#include <memory>

namespace hawser::io {

/// The attempts of a client and their links: the client's own; a *successor* that is on its way to
/// take its place; a *predecessor* whose place was taken and that has not ended; and one link that
/// has ended but for its TCP. The machine says what is to be done, the methods named after its
/// actions keep the places. On one strand.
class recycling {
 public:
  explicit recycling(const deadlines& d)
      : deadlines_(d), own_(std::make_shared<attempt>(d)), machine_(d.handover) {}

  const attempt_ptr& own() const noexcept { return own_; }
  const attempt_ptr& successor() const noexcept { return successor_; }
  const attempt_ptr& predecessor() const noexcept { return predecessor_; }
  /// Of the client's own attempt.
  const std::shared_ptr<connection>& live() const noexcept { return own_->link; }
  /// Whether its answers still count.
  bool current(const attempt_ptr& on) const noexcept { return on == own_ || on == successor_; }
  /// Whose link this is; nullptr: nobody's any more.
  attempt_ptr owner_of(const connection& c) const noexcept;

  handover& machine() noexcept { return machine_; }
  const handover& machine() const noexcept { return machine_; }
  /// No link takes another one's place now.
  void stop() noexcept { machine_ = handover(deadlines_.handover); }

  /// The predecessor has written all and owes no reply. Whether drained() is to be called for it,
  /// behind what runs: once.
  bool ask_drained() noexcept { return !std::exchange(drains_, true); }
  handover::action drained() noexcept {
    drains_ = false;
    return machine_.drained();
  }

  // What the machine asks for.

  /// open: a successor that has to be dialed.
  const attempt_ptr& open() { return successor_ = std::make_shared<attempt>(deadlines_); }
  /// hold: the successor is the client's own from now on.
  void hold(time_point now);
  /// release: how long writes were held.
  duration release(time_point now) const noexcept { return now - held_since_; }
  /// revert: the predecessor is the client's own again, the successor may be dialed once more.
  void revert();
  /// fail_over: the successor's attempt is the client's own.
  void fail_over();
  /// abandon: what is given up.
  attempt_ptr abandon() noexcept { return std::exchange(successor_, nullptr); }
  /// The predecessor has ended.
  void forget_predecessor() noexcept { predecessor_.reset(); }

  /// One link at a time may take its time to end TCP. The one before it.
  std::shared_ptr<connection> linger(std::shared_ptr<connection> link) noexcept {
    return std::exchange(lingering_, std::move(link));
  }
  const std::shared_ptr<connection>& lingering() const noexcept { return lingering_; }
  /// Nothing is left of this link.
  void release(const connection& c) noexcept;

  /// Every link that is open or lingers, at most once each. Copies, for calls that may end one.
  using link_list = std::array<std::shared_ptr<connection>, 4>;
  link_list links() const;
  template <class F>
  void each_link(F&& f) const {
    for (const attempt_ptr* on : {&own_, &successor_, &predecessor_}) {
      if (*on && (*on)->link) f(*(*on)->link);
    }
    if (lingering_) f(*lingering_);
  }

 private:
  const deadlines& deadlines_;
  attempt_ptr own_;
  attempt_ptr successor_;
  attempt_ptr predecessor_;
  std::shared_ptr<connection> lingering_;
  handover machine_;
  time_point held_since_ = never;
  bool drains_ = false;
};

}  // namespace hawser::io
