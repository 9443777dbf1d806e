#include "testkit/link.hpp"

#include <boost/asio/post.hpp>

#include <algorithm>
#include <utility>

namespace hawser::testkit {
namespace {

using kind = io::io_result::kind;

class memory_transport final : public io::transport {
 public:
  explicit memory_transport(std::shared_ptr<link> l) : link_(std::move(l)) {}
  ~memory_transport() override { link_->close(); }

  io::io_result handshake() override { return link_->handshake(); }
  io::io_result read(std::span<std::byte> into) override { return link_->read(into); }
  io::io_result write(std::span<const bytes_view> from) override { return link_->write(from); }
  void wait_readable(io::io_waiter& w) override { link_->wait_readable(w); }
  void wait_writable(io::io_waiter& w) override { link_->wait_writable(w); }
  void shutdown() noexcept override {}
  void close() noexcept override { link_->close(); }

 private:
  std::shared_ptr<link> link_;
};

}  // namespace

std::unique_ptr<io::transport> make_transport(std::shared_ptr<link> l) {
  return std::make_unique<memory_transport>(std::move(l));
}

// --- the client's end ----------------------------------------------------------------------------

io::io_result link::handshake() {
  if (secured_ || !secure_) return {kind::done, 0, {}};
  if (delayed(phase::securing, &link::wake_reader)) return {};
  if (plan_.at == phase::securing) {
    return plan_.stalls ? io::io_result{} : io::io_result{kind::failed, 0, plan_.why};
  }
  if (owner_.strikes("securing")) return {kind::failed, 0, tls_errc::failed};
  secured_ = true;
  return {kind::done, 0, {}};
}

io::io_result link::read(std::span<std::byte> into) {
  const std::size_t n = std::min(into.size(), inbox_.size() - read_);
  if (n != 0) {
    std::copy_n(inbox_.begin() + static_cast<std::ptrdiff_t>(read_), n, into.begin());
    read_ += n;
    if (read_ == inbox_.size()) {
      inbox_.clear();
      read_ = 0;
    }
    return {kind::done, n, {}};
  }
  if (!over_) return {};
  return why_ ? io::io_result{kind::failed, 0, why_} : io::io_result{kind::ended, 0, {}};
}

io::io_result link::write(std::span<const bytes_view> from) {
  if (blocked_) return {};
  if (over_ && why_) return {kind::failed, 0, why_};
  std::size_t n = 0;
  bytes all;
  for (const bytes_view part : from) {
    all.insert(all.end(), part.begin(), part.end());
    n += part.size();
  }
  take(all);
  return {kind::done, n, {}};
}

void link::wait_readable(io::io_waiter& w) {
  reader_ = w.shared_from_this();
  if (over_ || !inbox_.empty()) wake_reader();
}

void link::wait_writable(io::io_waiter& w) {
  writer_ = w.shared_from_this();
  if (!blocked_) wake_writer();
}

void link::close() noexcept {
  over_ = true;
  wake_reader();
  wake_writer();
}

void link::wake_reader() {
  if (const auto w = std::exchange(reader_, nullptr)) {
    boost::asio::post(context_, [w] { w->readable(); });
  }
}

void link::wake_writer() {
  if (const auto w = std::exchange(writer_, nullptr)) {
    boost::asio::post(context_, [w] { w->writable(); });
  }
}

// --- the peer's ----------------------------------------------------------------------------------

void link::deliver(bytes_view to_client) {
  if (over_ || to_client.empty()) return;
  inbox_.insert(inbox_.end(), to_client.begin(), to_client.end());
  wake_reader();
}

void link::end(error_code why) {
  if (over_) return;
  over_ = true;
  why_ = why == errc::dropped ? error_code() : why;
  if (why_) inbox_.clear(), read_ = 0;  // A reset destroys what lies unread.
  wake_reader();
  wake_writer();
}

void link::sleep(bool on) {
  asleep_ = on;
  if (!on) take(std::exchange(kept_, {}));
}

void link::block(bool on) {
  blocked_ = on;
  if (!on) wake_writer();
}

void link::take(bytes_view from_client) {
  if (over_) return;
  if (asleep_) {
    kept_.insert(kept_.end(), from_client.begin(), from_client.end());
    return;
  }
  if (session_) return take_frames(from_client);
  if (upgrade_.feed(from_client) != io::server_upgrade::verdict::ready) return;
  owner_.requested(upgrade_.request());
  answer_upgrade();
}

// Whether a plan wants the phase to last; then it goes on without one.
bool link::delayed(phase at, void (link::*go_on)()) {
  if (plan_.at != at || plan_.delay == duration::zero()) return false;
  owner_.after(std::exchange(plan_.delay, {}), [me = shared_from_this(), go_on] {
    me->plan_ = {};
    if (!me->over_) (me.get()->*go_on)();
  });
  plan_.stalls = true;
  return true;
}

void link::answer_upgrade() {
  if (delayed(phase::upgrading, &link::answer_upgrade)) return;
  if (plan_.at == phase::upgrading) {
    if (plan_.stalls) return deliver(as_bytes(plan_.body));
    if (plan_.status == 0) return end(plan_.why);
    std::string answer = "HTTP/1.1 " + std::to_string(plan_.status) + " Refused\r\n";
    for (const header& h : plan_.headers) answer += h.name + ": " + h.value + "\r\n";
    answer += "Content-Length: " + std::to_string(plan_.body.size()) + "\r\n\r\n" + plan_.body;
    deliver(as_bytes(answer));
    return end(errc::dropped);
  }
  if (owner_.strikes("upgrading")) return end(errc::dropped);
  upgrade_.request().subprotocol = owner_.choose(upgrade_.request());
  number_ = owner_.opened();
  session_.emplace(role::server, session_limits{}, masks_);
  deliver(as_bytes(upgrade_.accept()));
  take_frames(upgrade_.rest());
}

void link::take_frames(bytes_view from) {
  while (!from.empty() && !over_) {
    const auto room = session_->prepare();
    const std::size_t n = std::min(room.size(), from.size());
    std::copy_n(from.begin(), n, room.begin());
    session_->commit(n);
    from = from.subspan(n);
    for (read_event e = session_->next(); e.what != read_event::kind::need_more && !over_;
         e = session_->next()) {
      take_event(e);
      if (e.what == read_event::kind::close || e.what == read_event::kind::failed) break;
    }
  }
  flush();
}

void link::take_event(const read_event& e) {
  switch (e.what) {
    case read_event::kind::message:
      if (owner_.strikes("a message to the peer")) return end(errc::dropped);
      return owner_.got({number_, e.op, std::string(as_text(e.payload))});
    case read_event::kind::ping:
      return owner_.got({number_, opcode::ping, std::string(as_text(e.payload))});
    case read_event::kind::close: {
      std::string said = std::to_string(static_cast<int>(e.code));
      if (!e.payload.empty()) said += " " + std::string(as_text(e.payload));
      return owner_.got({number_, opcode::close, std::move(said)});
    }
    default:
      return;
  }
}

// After both Closes the server ends TCP (RFC 6455 section 7.1.1).
void link::flush() {
  if (!session_ || over_) return;
  for (auto spans = session_->output(); !spans.empty(); spans = session_->output()) {
    std::size_t n = 0;
    for (const bytes_view part : spans) {
      deliver(part);
      n += part.size();
    }
    session_->consume(n);
  }
  const auto s = session_->current();
  if (s == session::state::closed || s == session::state::failed) end(errc::dropped);
}

bool link::send(opcode op, bytes_view payload) {
  if (owner_.strikes("a message of the peer")) {
    end(errc::dropped);
    return false;
  }
  const bool taken = session_->send(lane::bulk, op, payload).has_value();
  flush();
  return taken;
}

void link::ping(std::string_view payload) {
  session_->ping(as_bytes(payload));
  flush();
}

void link::close(close_code code, std::string_view reason) {
  session_->close(code, reason);
  flush();
}

}  // namespace hawser::testkit
