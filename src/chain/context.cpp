#include <hawser/context.hpp>
#include <hawser/core/text/utf8.hpp>

#include <algorithm>
#include <cassert>

namespace hawser {

void effects::record(effect e, bytes_view copied) {
  e.offset = text_.size();
  e.size = copied.size();
  text_.insert(text_.end(), copied.begin(), copied.end());
  ended_ = ended_ || e.what == kind::close || e.what == kind::fail;
  list_.push_back(std::move(e));
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
  effects_.record({.what = effects::kind::send, .op = op, .lane = l, .number = id}, data);
  return id;
}

result<send_id> context::send(buffer&& data, opcode op, lane l) {
  if (auto r = admit(op, l, data.view()); !r) return r.error();
  const send_id id = next_send();
  effects_.record(
      {.what = effects::kind::send, .op = op, .lane = l, .number = id, .owned = std::move(data)},
      {});
  return id;
}

void context::record(effects::kind what, std::uint64_t number) {
  if (usable()) effects_.record({.what = what, .number = number}, {});
}

void context::await_ack(send_id id) { record(effects::kind::await_ack, id); }
void context::acked(send_id id) { record(effects::kind::acked, id); }
void context::offload(std::string key, std::function<void()> work,
                      std::function<void(context&, error_code)> done) {
  if (!usable()) return;
  record(effects::kind::offload, effects_.jobs_.size());
  if (done && wake_ != &own_wake_) {  // wake_at in it is this plug-in's, as anywhere else.
    done = [wake = wake_, told = std::move(done)](context& c, error_code ec) {
      c.enter(wake);
      told(c, ec);
    };
  }
  effects_.jobs_.push_back({std::move(key), std::move(work), std::move(done)});
}
void context::begin_login() { record(effects::kind::begin_login); }
void context::set_ready() { record(effects::kind::set_ready); }
void context::recycle() { record(effects::kind::recycle); }
void context::reauthenticate() { record(effects::kind::reauthenticate); }
void context::heartbeat() { record(effects::kind::heartbeat); }

void context::defer_retry(duration d) {
  record(effects::kind::defer_retry,
         static_cast<std::uint64_t>(std::max(d, duration::zero()).count()));
}

void context::subscription(std::string_view topic, subscription_event::kind what,
                           const error_code& error) {
  if (!usable()) return;
  effects_.record({.what = effects::kind::subscription, .error = error, .subscription = what},
                  as_bytes(topic));
}

result<void> context::ping(bytes_view payload) {
  if (!usable()) return errc::outside_hook;
  if (!link_.open) return errc::not_connected;
  if (payload.size() > 125) return framing_errc::message_too_big;
  effects_.record({.what = effects::kind::ping, .op = opcode::ping}, payload);
  return {};
}

void context::close(close_code code, std::string_view reason) {
  if (!usable()) return;
  effects_.record({.what = effects::kind::close, .code = code}, as_bytes(reason));
}

void context::fail(const error_code& why, std::string_view detail) {
  if (!usable()) return;
  const error_code ec = why ? why : error_code(errc::refused_by_hook);
  effects_.record({.what = effects::kind::fail, .code = close_code_for(ec), .error = ec},
                  as_bytes(detail));
}

void context::refuse_wake() const noexcept {
  log(log_level::error, "wake_at by a plug-in that does not list on::wake: it will not be called");
  assert(false && "wake_at by a plug-in that does not list on::wake");
}

void context::stop() { record(effects::kind::stop); }

}  // namespace hawser
