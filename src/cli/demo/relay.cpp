#include "cli/demo/relay.hpp"

#include "io/loop/loop.hpp"

#include <boost/asio/write.hpp>

#include <array>
#include <list>

namespace hawser::io {

using asio::ip::tcp;

// One connection through the relay.
class relay::wire_pair final : public std::enable_shared_from_this<wire_pair> {
 public:
  wire_pair(tcp_socket near, asio::io_context& context) : near_(std::move(near)), far_(context) {}

  void start(std::uint16_t target) {
    far_.async_connect(tcp::endpoint(asio::ip::address_v4::loopback(), target),
                       [me = shared_from_this()](const error_code& ec) {
                         if (ec || me->over_) return me->close();
                         me->pump(me->near_, me->far_, me->up_);
                         me->pump(me->far_, me->near_, me->down_);
                       });
  }

  void cut(cut_kind how) {
    switch (how) {
      case cut_kind::silence:
        silent_ = true;
        return;
      case cut_kind::hang_up:
        return close();
      case cut_kind::reset: {
        error_code ignored;
        near_.set_option(asio::socket_base::linger(true, 0), ignored);
        far_.set_option(asio::socket_base::linger(true, 0), ignored);
        return close();
      }
    }
  }

  void close() {
    over_ = true;
    error_code ignored;
    near_.close(ignored);
    far_.close(ignored);
  }
  bool over() const noexcept { return over_; }

 private:
  using piece = std::array<char, 64 * 1024>;

  void pump(tcp_socket& from, tcp_socket& to, piece& buffer) {
    from.async_read_some(asio::buffer(buffer), [me = shared_from_this(), &from, &to, &buffer](
                                                   const error_code& ec, std::size_t n) {
      if (ec) return me->finished();
      // What arrives in silence is swallowed: the sender sees a peer that takes and never answers.
      if (me->silent_) return me->pump(from, to, buffer);
      asio::async_write(to, asio::buffer(buffer.data(), n),
                        [me, &from, &to, &buffer](const error_code& failed, std::size_t) {
                          if (failed) return me->finished();
                          me->pump(from, to, buffer);
                        });
    });
  }

  // One side has ended. In silence the other one is not told.
  void finished() {
    if (!silent_ || ++ended_in_silence_ == 2) close();
  }

  tcp_socket near_;
  tcp_socket far_;
  piece up_;
  piece down_;
  bool silent_ = false;
  bool over_ = false;
  int ended_in_silence_ = 0;
};

class relay::impl final : public std::enable_shared_from_this<impl> {
 public:
  explicit impl(asio::io_context& context) : context_(context), listener_(context) {}

  result<std::uint16_t> listen() {
    error_code ec;
    listener_.open(tcp::v4(), ec);
    if (!ec) listener_.bind(tcp::endpoint(asio::ip::address_v4::loopback(), 0), ec);
    if (!ec) listener_.listen(asio::socket_base::max_listen_connections, ec);
    if (ec) return errc::listen_failed;
    accept();
    return listener_.local_endpoint().port();
  }

  void aim(std::uint16_t target) { target_ = target; }

  void cut(cut_kind how) {
    for (const auto& p : pairs_) p->cut(how);
    pairs_.remove_if([](const auto& p) { return p->over(); });
  }

  void close() {
    error_code ignored;
    listener_.close(ignored);
    for (const auto& p : pairs_) p->close();
    pairs_.clear();
  }

 private:
  void accept() {
    listener_.async_accept(context_.get_executor(), [me = shared_from_this()](const error_code& ec,
                                                                              tcp_socket socket) {
      if (ec) return;
      me->pairs_.remove_if([](const auto& p) { return p->over(); });
      const auto p = std::make_shared<wire_pair>(std::move(socket), me->context_);
      me->pairs_.push_back(p);
      p->start(me->target_);
      me->accept();
    });
  }

  asio::io_context& context_;
  tcp_acceptor listener_;
  std::uint16_t target_ = 0;
  std::list<std::shared_ptr<wire_pair>> pairs_;
};

relay::relay(std::shared_ptr<loop> on)
    : loop_(std::move(on)), impl_(std::make_shared<impl>(loop_->get().context)) {}
relay::~relay() { impl_->close(); }

result<std::uint16_t> relay::listen() { return impl_->listen(); }
void relay::aim(std::uint16_t target) {
  loop_->post([me = impl_, target] { me->aim(target); });
}
void relay::cut(cut_kind how) {
  loop_->post([me = impl_, how] { me->cut(how); });
}

}  // namespace hawser::io
