#include <hawser/io/acceptor.hpp>

#include "io/net/peer.hpp"

#include <boost/asio/post.hpp>

#include <unordered_map>

namespace hawser::io {

class acceptor::impl final : public std::enable_shared_from_this<impl> {
 public:
  impl(const std::shared_ptr<loop::impl>& on, acceptor_options o, sink_factory make_sink)
      : loop_(on), listener_(on->context), retry_(on->context), make_sink_(std::move(make_sink)) {
    shared_.options = std::move(o);
  }

  result<std::uint16_t> listen(std::string& complaint);
  void stop(std::function<void()> done);
  void abort();

 private:
  void accept();
  void add(tcp_socket socket);
  void remove(peer& p);

  std::weak_ptr<loop::impl> loop_;
  tcp_acceptor listener_;
  coarse_timer retry_;
  sink_factory make_sink_;
  peer_context shared_;
  std::unordered_map<std::uint64_t, std::shared_ptr<peer>> peers_;
  std::uint64_t next_number_ = 1;
  std::function<void()> drained_;
};

acceptor::acceptor(std::shared_ptr<loop> on, acceptor_options o, sink_factory make_sink)
    : loop_(std::move(on)),
      impl_(std::make_shared<impl>(loop_->share(), std::move(o), std::move(make_sink))) {}

acceptor::~acceptor() { impl_->abort(); }

result<std::uint16_t> acceptor::listen(std::string& complaint) { return impl_->listen(complaint); }

void acceptor::stop(std::function<void()> done) {
  loop_->post([me = impl_, done = std::move(done)]() mutable { me->stop(std::move(done)); });
}

result<std::uint16_t> acceptor::impl::listen(std::string& complaint) {
  error_code ec;
  const auto& o = shared_.options;
  const auto where = o.host + ":" + std::to_string(o.port);
  const auto address = asio::ip::make_address(o.host, ec);
  if (ec) {
    complaint = "listen " + where + ": not a numeric address";
    return errc::listen_failed;
  }
  const asio::ip::tcp::endpoint endpoint(address, o.port);
  listener_.open(endpoint.protocol(), ec);
  if (!ec) listener_.set_option(asio::socket_base::reuse_address(true), ec);
  if (!ec) listener_.bind(endpoint, ec);
  if (!ec) listener_.listen(asio::socket_base::max_listen_connections, ec);
  if (ec) {
    complaint = "listen " + where + ": " + ec.message();
    return errc::listen_failed;
  }
  accept();
  return listener_.local_endpoint().port();
}

void acceptor::impl::accept() {
  const auto on = loop_.lock();
  if (!on) return;
  listener_.async_accept(on->context.get_executor(), [me = shared_from_this()](const error_code& ec,
                                                                               tcp_socket socket) {
    if (!me->listener_.is_open()) return;
    if (!ec) {
      me->add(std::move(socket));
      return me->accept();
    }
    // Out of descriptors, most likely: accepting again at once would spin.
    me->retry_.wake_by(std::chrono::steady_clock::now() + std::chrono::milliseconds(100),
                       [me](time_point) { me->accept(); });
  });
}

void acceptor::impl::add(tcp_socket socket) {
  if (peers_.size() >= shared_.options.connections) return;  // The socket closes itself.
  const auto on = loop_.lock();
  const auto number = next_number_++;
  const auto p =
      std::make_shared<peer>(on->context, shared_, number, make_tcp_transport(std::move(socket)),
                             [weak = weak_from_this()](peer& gone) {
                               if (const auto me = weak.lock()) me->remove(gone);
                             });
  peers_.emplace(number, p);
  p->start(make_sink_(peer_handle(p, on)));
}

void acceptor::impl::remove(peer& p) {
  peers_.erase(p.number());
  if (peers_.empty() && drained_) std::exchange(drained_, nullptr)();
}

void acceptor::impl::stop(std::function<void()> done) {
  error_code ignored;
  listener_.close(ignored);
  retry_.cancel();
  drained_ = std::move(done);
  for (const auto& [number, p] : std::unordered_map(peers_)) p->close(close_code::going_away);
  if (peers_.empty() && drained_) std::exchange(drained_, nullptr)();
}

void acceptor::impl::abort() {
  error_code ignored;
  listener_.close(ignored);
  retry_.cancel();
  drained_ = nullptr;
  for (const auto& [number, p] : std::unordered_map(peers_)) p->abort();
}

}  // namespace hawser::io
