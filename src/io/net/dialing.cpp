#include "io/net/dialing.hpp"

#include "io/net/websocket_key.hpp"

#include <array>

namespace hawser::io {

dialing::dialing(const std::shared_ptr<loop::impl>& on, url where, const options& o,
                 std::shared_ptr<tls_resumption> sessions, std::shared_ptr<endpoint_state> known,
                 report_fn report, std::function<void()> refused)
    : loop_(on),
      url_(std::move(where)),
      options_(o),
      sessions_(std::move(sessions)),
      report_(std::move(report)),
      refused_(std::move(refused)),
      route_(on->environment->make_route(on, {url_, o.unix_socket, std::move(known)})) {}

void dialing::report(error_code ec, std::string detail) {
  if (aborted_) return;
  const auto keep = self();
  report_(ec, std::move(detail));
}

void dialing::abort() {
  aborted_ = true;
  route_.reset();
  if (stream_) stream_->close();
}

void dialing::resolve() {
  route_->resolve(
      [me = self()](error_code ec, std::string detail) { me->report(ec, std::move(detail)); });
}

void dialing::connect() {
  route_->connect(
      [me = self()](error_code ec, std::string detail, std::unique_ptr<transport> stream) {
        me->stream_ = std::move(stream);
        if (me->aborted_ && me->stream_) me->stream_->close();
        me->report(ec, std::move(detail));
      });
}

void dialing::secure() {
  const auto on = loop_.lock();
  if (!on) return;
  if (url_.secure && !route_->protects()) {
    const auto context = client_context(options_.tls);
    if (!context) return report(context.error().code, context.error().detail);
    stream_ = make_tls_client(std::move(stream_), on->context.get_executor(), *context,
                              options_.tls, url_.host, sessions_);
  }
  advance_secure();
}

void dialing::upgrade(const handshake& h) {
  const auto on = loop_.lock();
  if (!on) return;
  upgrade_ = std::make_unique<client_upgrade>(url_.authority(), h, options_.limits,
                                              make_websocket_key(*on->random));
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
      return report(r.error, stream_->describe(r.error));
    case io_result::kind::ended:
      return report(errc::dropped, "the peer ended the connection during the TLS handshake");
    default:
      wait(r.what, io_result::kind::wants_read);
  }
}

void dialing::advance_upgrade() {
  const std::string& request = upgrade_->request();
  while (written_ < request.size()) {
    const bytes_view left = as_bytes(std::string_view(request).substr(written_));
    const io_result r = stream_->write({&left, 1});
    if (r.what == io_result::kind::failed) break;  // What the peer said before it left tells why.
    if (r.what != io_result::kind::done) return wait(r.what, io_result::kind::wants_write);
    written_ += r.n;
  }
  std::array<std::byte, 4096> piece;
  while (true) {
    const io_result r = stream_->read(piece);
    if (r.what == io_result::kind::failed) {
      return give_up_upgrade(r.error, stream_->describe(r.error));
    }
    if (r.what == io_result::kind::ended) return give_up_upgrade(errc::dropped);
    if (r.what != io_result::kind::done) return wait(r.what, io_result::kind::wants_read);
    const bool known = upgrade_->refused();
    if (upgrade_->feed({piece.data(), r.n})) {
      return report(upgrade_->outcome().error, upgrade_->outcome().detail);
    }
    if (!known && upgrade_->refused()) refused_();
  }
}

void dialing::give_up_upgrade(error_code why, std::string_view words) {
  upgrade_->give_up(why, words);
  report(upgrade_->outcome().error, upgrade_->outcome().detail);
}

}  // namespace hawser::io
