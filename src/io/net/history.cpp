// Of what a client has seen.
#include "io/net/history.hpp"

#include <algorithm>
#include <utility>

namespace hawser::io {

client_snapshot history::snapshot() const {
  const std::lock_guard guard(mutex_);
  return snapshot_;
}

std::string history::detail() const {
  const std::lock_guard guard(mutex_);
  return detail_;
}

explanation history::explain(time_point now) const {
  const std::lock_guard guard(mutex_);
  explanation e = log_.explain(now);
  e.plugins = described_;
  for (const description& d : described_) {
    if (e.next_attempt && d.next_attempt() - e.taken > *e.next_attempt) {
      e.next_attempt = d.next_attempt() - e.taken;
    }
  }
  return e;
}

void history::configure(const std::string& where, bool secure) {
  const std::lock_guard guard(mutex_);
  log_.configure(where, secure);
}

void history::remember(error_code ec, std::string detail) {
  const std::lock_guard guard(mutex_);
  snapshot_.last_error = ec;
  detail_ = std::move(detail);
}

void history::dials() {
  const std::lock_guard guard(mutex_);
  ++snapshot_.attempts;
}

void history::put_off() {
  const std::lock_guard guard(mutex_);
  log_.put_off();
}

void history::failed(cause c, bool successor, time_point now) {
  if (!successor) recorded_ = phase::idle;
  const std::lock_guard guard(mutex_);
  if (successor) return log_.successor_failed(std::move(c));
  log_.failed(std::move(c), now);
}

void history::refused(error_code ec, time_point now) {
  const std::lock_guard guard(mutex_);
  log_.failed({.error = ec, .detail = detail_}, now);
}

std::uint64_t history::number_link(bool current) {
  const std::lock_guard guard(mutex_);
  const std::uint64_t number = ++snapshot_.links;
  if (current) snapshot_.link = number;
  return number;
}

void history::opened(std::uint64_t link, time_point now) {
  announcing_ = true;
  recorded_ = phase::idle;
  const std::lock_guard guard(mutex_);
  log_.opened(link, true, now);
}

void history::ready(std::uint64_t link, time_point now) {
  const std::lock_guard guard(mutex_);
  if (announcing_) return log_.opened(link, false, now);
  log_.ready(now);
}

void history::moved(std::uint64_t link, time_point now) {
  const std::lock_guard guard(mutex_);
  snapshot_.link = link;
  log_.moved(link, now);
}

void history::failed_over(std::uint64_t link, bool login, time_point now) {
  const std::lock_guard guard(mutex_);
  snapshot_.link = link;
  log_.opened(link, login, now);
}

void history::recycled(duration held) {
  const std::lock_guard guard(mutex_);
  ++snapshot_.recycled;
  log_.recycled();
  snapshot_.longest_hold = std::max(snapshot_.longest_hold, held);
}

void history::entered(phase p, time_point until, time_point now) {
  const std::lock_guard guard(mutex_);
  log_.entered(p, now, until);
}

bool history::settled(phase p, time_point until, time_point now) {
  const bool decided = p == phase::waiting || p == phase::stopped;
  // Who waits may be told to wait again, for longer.
  const bool other = p != recorded_ || (p == phase::waiting && until != recorded_until_);
  recorded_ = p;
  recorded_until_ = until;
  const std::lock_guard guard(mutex_);
  log_.entered(p, now, until);
  snapshot_.at = p;
  if (other && p == phase::open) described_ = {};  // And its memory.
  return other && decided;
}

void history::describe(std::vector<description> said) {
  std::erase_if(said, [](const description& d) { return d.entries().empty(); });
  const std::lock_guard guard(mutex_);
  described_ = std::move(said);
}

}  // namespace hawser::io
