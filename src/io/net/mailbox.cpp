// Of what other threads give to a client.
#include "io/net/mailbox.hpp"

#include <iterator>
#include <utility>

namespace hawser::io {

result<mailbox::taken> mailbox::send(message&& m, time_point now, bool stops) {
  const std::lock_guard guard(mutex_);
  if (state_ == state::closed) return errc::stopped;
  const bool waits = offline_.enabled() && (state_ != state::ready || !offline_.empty());
  if (!waits) {
    if (state_ == state::unlinked) return errc::not_connected;
    if (mail_.size() >= bound_) return errc::mailbox_full;
    mail_.emplace_back(std::move(m));
    return posted();
  }
  if (stops) return errc::stopped;
  const bool first = offline_.empty();  // Somebody has to look when it has waited too long.
  const send_id id = last_ + 2;
  m.id = id;
  if (const auto r = offline_.push(std::move(m), now); !r) return r.error();
  last_ = id;
  return taken{id, first ? wake::clock : wake::nobody};
}

result<mailbox::taken> mailbox::submit(std::function<void(context&)> task, bool bounded) {
  const std::lock_guard guard(mutex_);
  if (state_ == state::closed) return errc::stopped;
  if (bounded && mail_.size() >= bound_) return errc::mailbox_full;
  mail_.emplace_back(std::move(task));
  return posted();
}

// The last one.
mailbox::taken mailbox::posted() {
  mail_.back().what.id = last_ += 2;
  return {last_, std::exchange(read_, true) ? wake::nobody : wake::reader};
}

std::vector<mailbox::mail> mailbox::take() {
  const std::lock_guard guard(mutex_);
  read_ = false;
  return std::exchange(mail_, {});
}

void mailbox::put_back(std::vector<mail>& rest, std::size_t from) {
  const std::lock_guard guard(mutex_);
  mail_.insert(mail_.begin(), std::make_move_iterator(rest.begin() + static_cast<long>(from)),
               std::make_move_iterator(rest.end()));
}

std::vector<mailbox::mail> mailbox::close() {
  const std::lock_guard guard(mutex_);
  state_ = state::closed;
  return std::exchange(mail_, {});
}

void mailbox::set(state s) {
  const std::lock_guard guard(mutex_);
  if (state_ == state::closed) return;
  state_ = s;
  if (s == state::ready) told_expired_ = false;
}

bool mailbox::is_linked() const {
  const std::lock_guard guard(mutex_);
  return state_ == state::linked || state_ == state::ready;
}

bool mailbox::is_ready() const {
  const std::lock_guard guard(mutex_);
  return state_ == state::ready;
}

result<void> mailbox::keep(message&& m, time_point now) {
  const std::lock_guard guard(mutex_);
  return offline_.push(std::move(m), now);
}

std::optional<mailbox::expired> mailbox::take_expired(time_point now) {
  const std::lock_guard guard(mutex_);
  auto m = offline_.take_expired(now);
  if (!m) return std::nullopt;
  return expired{std::move(*m), !std::exchange(told_expired_, true)};
}

std::optional<message> mailbox::take_any() {
  const std::lock_guard guard(mutex_);
  return offline_.take_any();
}

time_point mailbox::next_expiry() const {
  if (!offline_.enabled()) return never;
  const std::lock_guard guard(mutex_);
  return offline_.next_expiry();
}

lane_load mailbox::kept() const {
  const std::lock_guard guard(mutex_);
  return {offline_.size(), offline_.bytes()};
}

}  // namespace hawser::io
