#include "io/net/dialing.hpp"

#include <array>

namespace hawser::io {

dialing::dialing(std::weak_ptr<loop::impl> on, url where, report_fn report)
    : loop_(std::move(on)), url_(std::move(where)), report_(std::move(report)) {}

void dialing::report(error_code ec, std::string detail) {
  if (aborted_) return;
  const auto keep = self();
  report_(ec, std::move(detail));
}

void dialing::abort() {
  aborted_ = true;
  if (socket_) {
    error_code ignored;
    socket_->close(ignored);
  }
  if (stream_) stream_->close();
}

void dialing::resolve() {
  const auto on = loop_.lock();
  if (!on) return;
  io::resolve(on, url_.host, url_.port, [me = self()](error_code ec, endpoints found) {
    me->endpoints_ = std::move(found);
    me->report(ec, ec ? "resolve " + me->url_.host + ": " + ec.message() : "");
  });
}

void dialing::connect() { connect_to(0); }

void dialing::connect_to(std::size_t index) {
  const auto on = loop_.lock();
  if (!on) return;
  socket_ = std::make_unique<tcp_socket>(on->context);
  socket_->async_connect(endpoints_[index], [me = self(), index](const error_code& ec) {
    if (me->aborted_) return;
    if (ec && index + 1 < me->endpoints_.size()) return me->connect_to(index + 1);
    if (ec) {
      const auto& e = me->endpoints_[index];
      return me->report(ec, "connect " + e.address().to_string() + ":" + std::to_string(e.port()) +
                                ": " + ec.message());
    }
    me->stream_ = make_tcp_transport(std::move(*me->socket_));
    me->socket_.reset();
    me->report({}, {});
  });
}

void dialing::secure() { advance_secure(); }

void dialing::upgrade(const handshake& h, const limits& bounds) {
  upgrade_ = std::make_unique<client_upgrade>(url_.authority(), h, bounds, make_websocket_key());
  advance_upgrade();
}

void dialing::advance() {
  if (aborted_ || !stream_) return;
  upgrade_ ? advance_upgrade() : advance_secure();
}

void dialing::wait(io_result::kind what, io_result::kind blocked_means) {
  if (what == io_result::kind::blocked) what = blocked_means;
  what == io_result::kind::wants_write ? stream_->wait_writable(*this)
                                       : stream_->wait_readable(*this);
}

void dialing::advance_secure() {
  const io_result r = stream_->handshake();
  switch (r.what) {
    case io_result::kind::done:
      return report({}, {});
    case io_result::kind::failed:
      return report(r.error, r.error.message());
    case io_result::kind::ended:
      return report(errc::dropped, "ended during the TLS handshake");
    default:
      wait(r.what, io_result::kind::wants_read);
  }
}

void dialing::advance_upgrade() {
  const std::string& request = upgrade_->request();
  while (written_ < request.size()) {
    const bytes_view left = as_bytes(std::string_view(request).substr(written_));
    const io_result r = stream_->write({&left, 1});
    if (r.what == io_result::kind::failed) return report(r.error, r.error.message());
    if (r.what != io_result::kind::done) return wait(r.what, io_result::kind::wants_write);
    written_ += r.n;
  }
  std::array<std::byte, 4096> piece;
  while (true) {
    const io_result r = stream_->read(piece);
    if (r.what == io_result::kind::failed) return report(r.error, r.error.message());
    if (r.what == io_result::kind::ended) return give_up_upgrade(errc::dropped);
    if (r.what != io_result::kind::done) return wait(r.what, io_result::kind::wants_read);
    if (upgrade_->feed({piece.data(), r.n})) {
      return report(upgrade_->outcome().error, upgrade_->outcome().detail);
    }
  }
}

void dialing::give_up_upgrade(error_code why) {
  upgrade_->give_up(why);
  report(upgrade_->outcome().error, upgrade_->outcome().detail);
}

}  // namespace hawser::io
