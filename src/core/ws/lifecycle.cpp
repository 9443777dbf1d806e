#include <hawser/core/ws/lifecycle.hpp>

#include <algorithm>

namespace hawser {

using action = lifecycle::action;

action lifecycle::enter(phase p, time_point deadline, action a) noexcept {
  phase_ = p;
  deadline_ = deadline;
  asked_ = a;
  return a;
}

action lifecycle::finish() noexcept {
  result_ = stopping_ ? error_code{} : error_;
  return enter(phase::stopped, never, action::finish);
}

action lifecycle::fail(error_code ec) noexcept {
  error_ = ec;
  failed_in_ = phase_;
  if (stopping_) return finish();
  return enter(phase::waiting, never, action::react);
}

action lifecycle::start() noexcept {
  if (phase_ != phase::idle) return action::none;
  attempt_ = 1;
  enter(phase::waiting, never, action::admit);
  return closed_ ? fail(errc::closed) : action::admit;
}

action lifecycle::refuse(error_code ec) noexcept {
  if (phase_ != phase::idle) return action::none;
  error_ = ec;
  return finish();
}

action lifecycle::admitted(time_point now) noexcept {
  if (!asked(action::admit)) return action::none;
  return enter(phase::authenticating, now + deadlines_.authenticate, action::authenticate);
}

action lifecycle::wait_until(time_point t) noexcept {
  if (!asked(action::admit)) return action::none;
  return enter(phase::waiting, t, action::none);
}

action lifecycle::granted(time_point now) noexcept {
  if (phase_ != phase::authenticating) return action::none;
  return enter(phase::resolving, now + deadlines_.resolve, action::resolve);
}

action lifecycle::put_off(time_point t) noexcept {
  if (phase_ != phase::authenticating) return action::none;
  return enter(phase::waiting, t, action::none);
}

action lifecycle::done(time_point now) noexcept {
  switch (phase_) {
    case phase::resolving:
      return enter(phase::connecting, now + deadlines_.connect, action::connect);
    case phase::connecting:
      return enter(phase::securing, now + deadlines_.secure, action::secure);
    case phase::securing:
      return enter(phase::upgrading, now + deadlines_.upgrade, action::upgrade);
    case phase::upgrading:
      return enter(phase::open, never, action::announce);
    default:
      return action::none;
  }
}

void lifecycle::refused(time_point now) noexcept {
  if (phase_ == phase::upgrading) deadline_ = std::min(deadline_, now + deadlines_.refusal_body);
}

action lifecycle::failed(error_code ec) noexcept {
  if (!asked(action::admit) && !dialing()) return action::none;
  return fail(ec);
}

void lifecycle::closing(time_point now) noexcept {
  if (phase_ == phase::open) enter(phase::closing, now + deadlines_.close, action::none);
}

action lifecycle::closed() noexcept {
  closed_ = phase_ == phase::idle;
  if (closed_ || phase_ >= phase::open || asked(action::react)) return action::none;
  return fail(errc::closed);
}

action lifecycle::ended(error_code ec) noexcept {
  if (phase_ != phase::open && phase_ != phase::closing) return action::none;
  const action next = fail(ec);
  attempt_ = 0;  // The next attempt is the first since a link was open.
  return next;
}

action lifecycle::retry(time_point at) noexcept {
  if (!asked(action::react)) return action::none;
  ++attempt_;
  return enter(phase::waiting, at, action::none);
}

action lifecycle::give_up(error_code instead) noexcept {
  if (!asked(action::react)) return action::none;
  if (instead) error_ = instead;
  return finish();
}

action lifecycle::give_up_cleanly() noexcept {
  if (!asked(action::react)) return action::none;
  error_ = {};
  return finish();
}

action lifecycle::stop(time_point now) noexcept {
  stopped_twice_ = stopping_;
  stopping_ = true;
  // After the end a second call still means: let nothing linger.
  if (phase_ == phase::stopped) return stopped_twice_ ? action::finish : action::none;
  if (phase_ == phase::open) {
    return enter(phase::closing, now + deadlines_.close, action::close);
  }
  if (phase_ == phase::closing && !stopped_twice_) return action::none;
  return finish();
}

action lifecycle::tick(time_point now) noexcept {
  if (now < deadline_) return action::none;
  switch (phase_) {
    case phase::waiting:
      return enter(phase::waiting, never, action::admit);
    case phase::authenticating:
      return fail(errc::auth_timeout);
    case phase::resolving:
      return fail(errc::resolve_timeout);
    case phase::connecting:
      return fail(errc::connect_timeout);
    case phase::securing:
      return fail(errc::secure_timeout);
    case phase::upgrading:
      return fail(errc::upgrade_timeout);
    case phase::closing:
      return ended(errc::close_timeout);
    case phase::idle:
    case phase::open:
    case phase::stopped:
      return action::none;
  }
  return action::none;
}

}  // namespace hawser
