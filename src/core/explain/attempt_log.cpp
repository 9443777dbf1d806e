#include <hawser/core/explain/attempt_log.hpp>

#include <algorithm>
#include <utility>

namespace hawser {
namespace {

// The step that a phase of dialing is.
std::optional<attempt_step> step_of(phase p) noexcept {
  switch (p) {
    case phase::authenticating:
      return attempt_step::credentials;
    case phase::resolving:
      return attempt_step::resolve;
    case phase::connecting:
      return attempt_step::connect;
    case phase::securing:
      return attempt_step::secure;
    case phase::upgrading:
      return attempt_step::upgrade;
    default:
      return std::nullopt;
  }
}

}  // namespace

void attempt_log::configure(std::string endpoint, bool secure) {
  endpoint_ = std::move(endpoint);
  secure_ = secure;
}

void attempt_log::begin(attempt_step s, time_point now) {
  of(s) = {step_record::state::under_way, now, now};
}

// What was reached shows what worked.
void attempt_log::end(attempt_step s, step_record::state how, time_point now) {
  span& it = of(s);
  if (it.what != step_record::state::under_way) return;
  it.what = how;
  it.ended = now;
  if (how != step_record::state::done) return;
  seen_.resolved |= s == attempt_step::resolve;
  seen_.connected |= s == attempt_step::connect;
  seen_.secured |= s == attempt_step::secure;
  seen_.opened |= s == attempt_step::upgrade;
}

void attempt_log::end_running(step_record::state how, time_point now) {
  for (std::size_t i = 0; i < attempt_steps; ++i) end(static_cast<attempt_step>(i), how, now);
}

void attempt_log::entered(phase p, time_point now, time_point until) {
  next_ = p == phase::waiting ? until : never;
  if (p == phase_) return;
  if (since_ == never) since_ = now;
  phase_ = p;
  if (p != phase::open && p != phase::closing) leave(now);
  if (p == phase::stopped) end_running(step_record::state::cancelled, now);
  const auto s = step_of(p);
  if (!s) return;
  if (*s == attempt_step::credentials) keep_spans();
  // A successor's attempt becomes the client's own wherever it is.
  if (*s == attempt_step::credentials || attempts_ == 0) ++attempts_;
  end_running(step_record::state::done, now);
  std::fill(spans_.begin() + static_cast<std::ptrdiff_t>(*s), spans_.end(), span{});
  if (*s != attempt_step::secure || secure_) begin(*s, now);
}

// Before the first attempt there are none.
void attempt_log::keep_spans() {
  const bool any = std::ranges::any_of(
      spans_, [](const span& s) { return s.what != step_record::state::not_reached; });
  if (any || earlier_) earlier_ones().before = spans_;
  spans_ = {};
}

void attempt_log::put_off() noexcept {
  if (phase_ != phase::authenticating) return;
  --attempts_;
  spans_ = earlier_ ? earlier_->before : spans();
}

void attempt_log::failed(cause c, time_point now) {
  c.in_login = of(attempt_step::login).what == step_record::state::under_way;
  end_running(step_record::state::failed, now);
  leave(now);
  const bool was_link = c.at == phase::open || c.at == phase::closing;
  auto& was = earlier_ones();
  if (was_link && was.link && was.link->number == link_) was.link->why = c;
  if (c.at == phase::waiting) spans_ = {};  // A plug-in refused it: no step was made.
  was.last = std::move(c);
}

void attempt_log::opened(std::uint64_t link, bool login, time_point now) {
  end_running(step_record::state::done, now);
  phase_ = phase::open;
  open_ = true;
  if (link_ != link) opened_ = now;
  link_ = link;
  attempts_ = 0;
  forget_successor();
  since_ = now;
  next_ = never;
  ready_ = !login;
  of(attempt_step::login) = {};
  if (login) begin(attempt_step::login, now);
}

// From here on there is no open link.
void attempt_log::leave(time_point now) {
  if (std::exchange(open_, false)) {
    since_ = now;
    earlier_ones().link = past{link_, opened_, now};
  }
  ready_ = false;
}

void attempt_log::ready(time_point now) {
  end(attempt_step::login, step_record::state::done, now);
  ready_ = true;
}

void attempt_log::moved(std::uint64_t link, time_point now) {
  earlier& was = earlier_ones();
  if (was.link && was.link->replaced && was.link->number == link) {  // The predecessor comes back.
    opened_ = was.link->began;
    was.link = std::move(was.saved);
  } else {
    was.saved = std::move(was.link);
    was.link = past{link_, opened_, now, true};
    opened_ = now;
  }
  link_ = link;
}

explanation attempt_log::explain(time_point now) const {
  explanation e;
  e.endpoint = endpoint_;
  e.at = phase_;
  e.ready = ready_ && phase_ == phase::open;
  e.link = link_;
  e.attempts = attempts_;
  if (since_ != never) e.since = now - since_;
  for (std::size_t i = 0; i < attempt_steps; ++i) {
    const span& s = spans_[i];
    const bool runs = s.what == step_record::state::under_way;
    e.steps[i] = {s.what, (runs ? now : s.ended) - s.began};
  }
  if (earlier_) {
    e.last = earlier_->last;
    e.successor = earlier_->successor;
    if (const auto& was = earlier_->link) {
      e.last_link = ended_link{was->number, was->ended - was->began, now - was->ended,
                               was->replaced, was->why};
    }
  }
  if (next_ != never) e.next_attempt = next_ > now ? next_ - now : duration::zero();
  e.before = seen_;
  if (e.last && !e.ready) e.verdict = judge(*e.last, seen_);
  e.taken = now;
  return e;
}

}  // namespace hawser
