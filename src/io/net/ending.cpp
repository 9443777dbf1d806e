// The machine of a link's end.
#include "io/net/ending.hpp"

#include <hawser/core/text/json_redact.hpp>

#include <algorithm>
#include <utility>

namespace hawser::io {
namespace {

errc error_for_close(close_code code) noexcept {
  switch (code) {
    case close_code::policy_violation:
      return errc::unauthorized;
    case close_code::service_restart:
    case close_code::try_again_later:
      return errc::unavailable;
    default:
      return errc::closed;
  }
}

}  // namespace

ending::action ending::want(close_request r, bool closing, bool waits, time_point now) {
  const bool ends = r.asked && orderly(r.code);
  if (began()) {
    if (own_ && ends) own_ = r.code;
    return action::none;
  }
  if (over() || closing) return action::moot;
  if (waits) {
    if (!postponed_ || (ends && !orderly(postponed_->code))) {
      postponed_ = std::make_unique<close_request>(std::move(r));
    }
    state_ = state::postponed;
    return action::postpone;
  }
  state_ = state::began;
  if (r.asked) own_ = r.code;
  deadline_ = now + limit_;
  return action::close;
}

std::unique_ptr<close_request> ending::resume() noexcept {
  if (state_ == state::postponed) state_ = state::none;
  return std::exchange(postponed_, nullptr);
}

void ending::got_close(close_code code, std::string reason) {
  peers_ = code;
  reason_ = std::move(reason);
}

errc ending::outcome() const noexcept {
  const bool wanted = own_ && orderly(*own_);
  return wanted || !peers_ ? errc::closed : error_for_close(*peers_);
}

std::string ending::describe() const {
  const close_code code = peers_.value_or(close_code::abnormal);
  std::string how = began() ? "our Close frame was answered: " : "the peer's Close frame: ";
  how += code == close_code::no_status ? "empty (1005)" : std::to_string(static_cast<int>(code));
  if (!reason_.empty()) (how += ' ') += redact_text(reason_);
  return how;
}

bool ending::end(time_point now) noexcept {
  if (over()) return false;
  // One that waited for its turn and that no other link has now.
  if (postponed_ && postponed_->asked) own_ = postponed_->code;
  postponed_.reset();
  state_ = state::lingering;
  deadline_ = std::min(deadline_, now + limit_);
  return true;
}

void ending::release() noexcept {
  state_ = state::released;
  deadline_ = never;
}

void ending::tell(drop_info& to, bool answered) const noexcept {
  to.own_close = own_;
  to.clean = peers_ && answered;
  to.code = peers_.value_or(close_code::abnormal);
  to.reason = reason_;
}

time_point ending::deadline(bool closing, time_point stop) const noexcept {
  return lingering() || (closing && !released()) ? std::min(deadline_, stop) : deadline_;
}

}  // namespace hawser::io
