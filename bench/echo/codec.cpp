#include <hawser/core/ws/session.hpp>
#include <hawser/io/crypto.hpp>

#include "contenders.hpp"
#include "sockets.hpp"

#include <array>
#include <cerrno>
#include <fcntl.h>
#include <stdexcept>
#include <sys/epoll.h>
#include <sys/socket.h>
#include <sys/uio.h>

namespace bench {
namespace {

class system_entropy final : public hawser::entropy {
 public:
  void fill(std::span<std::byte> out) override { hawser::random_bytes(out); }
};

// Writes what there is. With 64 short messages under way the socket is never full.
void flush(int fd, hawser::session& s) {
  while (true) {
    const auto out = s.output();
    if (out.empty()) return;
    std::array<iovec, hawser::send_queue::max_spans> parts;
    for (std::size_t i = 0; i < out.size(); ++i) {
      parts[i] = {const_cast<std::byte*>(out[i].data()), out[i].size()};
    }
    const ssize_t n = ::writev(fd, parts.data(), static_cast<int>(out.size()));
    if (n <= 0) fail("writev");
    s.consume(static_cast<std::size_t>(n));
  }
}

// Echoes what was read; false: the meter has enough.
bool answer(hawser::session& s, meter& m) {
  while (true) {
    const hawser::read_event e = s.next();
    if (e.what == hawser::read_event::kind::need_more) return true;
    if (e.what != hawser::read_event::kind::message || e.payload.size() != message_size) {
      throw std::runtime_error("codec: not an echo");
    }
    if (!m.arrived(1)) return false;
    if (!s.send(hawser::lane::bulk, e.op, e.payload)) throw std::runtime_error("codec: full");
  }
}

}  // namespace

void run_codec(const target& to, meter& m) {
  const stream socket = dial(to);
  ::fcntl(socket.fd(), F_SETFL, O_NONBLOCK);
  const descriptor epoll(::epoll_create1(EPOLL_CLOEXEC));
  epoll_event event{};
  event.events = EPOLLIN;
  if (::epoll_ctl(epoll.get(), EPOLL_CTL_ADD, socket.fd(), &event) != 0) fail("epoll_ctl");

  system_entropy random;
  hawser::session s(hawser::role::client, {}, random);
  const std::string text(message_size, 'x');
  for (std::size_t i = 0; i < in_flight; ++i) {
    (void)s.send(hawser::lane::bulk, hawser::opcode::text, hawser::as_bytes(text));
  }
  while (true) {
    flush(socket.fd(), s);
    if (::epoll_wait(epoll.get(), &event, 1, -1) < 0) fail("epoll_wait");
    const auto room = s.prepare();
    const ssize_t n = ::recv(socket.fd(), room.data(), room.size(), 0);
    if (n < 0 && errno == EAGAIN) continue;
    if (n <= 0) fail("recv");
    s.commit(static_cast<std::size_t>(n));
    if (!answer(s, m)) return;
  }
}

}  // namespace bench
