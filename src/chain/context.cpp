#include <hawser/context.hpp>
#include <hawser/core/text/utf8.hpp>
#include <hawser/event_sink.hpp>

#include <algorithm>
#include <cassert>

namespace hawser {

bytes_view effects::payload(const send& s) const noexcept {
  return s.given != 0 ? std::get<buffer>(given_[s.given - 1]).view() : bytes(s.copied);
}

buffer effects::take(const send& s) noexcept {
  return s.given != 0 ? std::move(std::get<buffer>(given_[s.given - 1])) : buffer();
}

effects::job& effects::work(const offload& o) noexcept {
  return std::get<job>(given_[o.given - 1]);
}

void effects::clear() noexcept {
  list_.clear();
  given_.clear();
  text_.clear();
  recorded_ = {};
  ended_ = false;
}

std::string_view name_of(const effects::effect& e) noexcept {
  return std::visit([](const auto& x) { return x.name; }, e);
}

std::optional<effects::unlinked> without_link(const effects::effect& e) noexcept {
  return std::visit(
      [](const auto& x) -> std::optional<effects::unlinked> {
        if constexpr (std::remove_cvref_t<decltype(x)>::needs_link) {
          return std::nullopt;
        } else {
          return x;
        }
      },
      e);
}

result<void> context::admit(opcode op, lane l, bytes_view data) {
  if (!usable()) return errc::outside_hook;
  const bool closing = link_.queue != nullptr && link_.queue->finished();
  if (!link_.open || closing || effects_.ended_) return errc::not_connected;
  if (op == opcode::text && !valid_utf8(data)) return framing_errc::bad_utf8;
  auto& sum = effects_.recorded_[static_cast<std::size_t>(l)];
  if (link_.queue != nullptr && !link_.queue->fits(l, sum.frames + 1, sum.bytes + data.size())) {
    return errc::queue_full;
  }
  ++sum.frames;
  sum.bytes += data.size();
  return {};
}

result<send_id> context::record_send(opcode op, lane l, bytes_view data) {
  if (auto r = admit(op, l, data); !r) return r.error();
  const send_id id = next_send();
  effects_.record(effects::send{.id = id, .op = op, .lane = l, .copied = effects_.copy(data)});
  return id;
}

result<send_id> context::send(buffer&& data, opcode op, lane l) {
  if (auto r = admit(op, l, data.view()); !r) return r.error();
  const send_id id = next_send();
  // One without bytes owns nothing that could be given.
  const std::size_t given = data.size() != 0 ? effects_.keep(std::move(data)) : 0;
  effects_.record(effects::send{.id = id, .op = op, .lane = l, .given = given});
  return id;
}

// The answer is no error: what a link is asked for is moot without one. But nobody asks for it on
// purpose.
void context::refuse_unlinked(std::string_view what) const {
  if (!wants(log_level::warn)) return;
  std::string who = "a hook";
  if (link_.plugins != nullptr) {
    const auto at = link_.plugins->watch().current();
    if (at && at->kind == hook_watch::task) who = "a task";
    if (at && at->kind != hook_watch::task) {
      who = link_.plugins->plugin_at(at->plugin);
      who.append("::on_").append(kind_name(at->kind));
    }
  }
  log(log_level::warn,
      who + " asked for " + std::string(what) + " without an open link: it has no effect");
}

void context::await_ack(send_id id) { record(effects::await_ack{id}); }
void context::acked(send_id id) { record(effects::acked{id}); }
void context::begin_login() { record(effects::begin_login{}); }
void context::set_ready() { record(effects::set_ready{}); }
void context::recycle() { record(effects::recycle{}); }
void context::reauthenticate() { record(effects::reauthenticate{}); }
void context::heartbeat() { record(effects::heartbeat{}); }
void context::stop() { record(effects::stop{}); }

void context::defer_retry(duration d) {
  record(effects::defer_retry{std::max(d, duration::zero())});
}

void context::subscription(std::string_view topic, subscription_event::kind what,
                           const error_code& error) {
  if (!may_record<effects::subscription>()) return;
  effects_.record(effects::subscription{what, error, effects_.copy(as_bytes(topic))});
}

void context::offload(std::string key, std::function<void()> work,
                      std::function<void(context&, error_code)> done) {
  if (!may_record<effects::offload>()) return;
  if (done && wake_ != &own_wake_) {  // wake_at in it is this plug-in's, as anywhere else.
    done = [wake = wake_, told = std::move(done)](context& c, error_code ec) {
      c.enter(wake);
      told(c, ec);
    };
  }
  effects::job job{std::move(key), std::move(work), std::move(done)};
  effects_.record(effects::offload{effects_.keep(std::move(job))});
}

result<void> context::ping(bytes_view payload) {
  if (!usable()) return errc::outside_hook;
  if (!link_.open) return errc::not_connected;
  if (payload.size() > 125) return framing_errc::message_too_big;
  effects_.record(effects::ping{effects_.copy(payload)});
  return {};
}

void context::close(close_code code, std::string_view reason) {
  if (!may_record<effects::close>()) return;
  effects_.record(effects::close{code, effects_.copy(as_bytes(reason))});
  effects_.ended_ = true;
}

void context::fail(const error_code& why, std::string_view detail) {
  if (!may_record<effects::fail>()) return;
  const error_code ec = why ? why : error_code(errc::refused_by_hook);
  effects_.record(effects::fail{ec, effects_.copy(as_bytes(detail))});
  effects_.ended_ = true;
}

void context::refuse_wake() const noexcept {
  log(log_level::error, "wake_at by a plug-in that does not list on::wake: it will not be called");
  assert(false && "wake_at by a plug-in that does not list on::wake");
}

}  // namespace hawser
