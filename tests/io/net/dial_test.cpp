// Which address a client takes, and what an HTTP server may answer.
#include <hawser/core/buffer.hpp>
#include <hawser/hawser.hpp>

#include "io/net/client_upgrade.hpp"
#include "io/net/server_upgrade.hpp"
#include "io/net/websocket_key.hpp"
#include "io/system/connector.hpp"
#include "support/acceptor_host.hpp"
#include "support/raw_server.hpp"
#include "support/sockets.hpp"

#include <gtest/gtest.h>

#include <fcntl.h>
#include <netinet/tcp.h>
#include <optional>
#include <vector>

namespace hawser::test {
namespace dial_test {

namespace asio = boost::asio;
using namespace std::chrono_literals;

struct attempt {
  error_code error;
  std::string detail;
  std::string peer;
};

attempt connect(const io::endpoints& to) {
  asio::io_context context;
  attempt made;
  const auto c = std::make_shared<io::connector>(
      context, to, [&](error_code ec, std::string detail, io::stream_socket s) {
        made = {ec, std::move(detail), ec ? "" : io::to_string(s.remote_endpoint())};
      });
  c->start();
  context.run();
  return made;
}

io::endpoint local(std::uint16_t port) {
  return io::endpoint(asio::ip::tcp::endpoint(asio::ip::address_v4::loopback(), port));
}
io::endpoint at(const black_hole& hole) {
  return io::endpoint(asio::ip::tcp::endpoint(asio::ip::make_address("127.0.0.2"), hole.port()));
}

TEST(dial, an_address_that_swallows_everything_is_passed_over) {
  acceptor_host server;
  const black_hole hole(2);
  const attempt a = connect({at(hole), at(hole), local(server.port())});
  EXPECT_FALSE(a.error) << a.detail;
  EXPECT_EQ(a.peer, "127.0.0.1:" + std::to_string(server.port()));
}

TEST(dial, an_address_that_refuses_is_passed_over) {
  acceptor_host server;
  const attempt a = connect({local(1), local(1), local(server.port())});
  EXPECT_FALSE(a.error) << a.detail;
  EXPECT_EQ(a.peer, "127.0.0.1:" + std::to_string(server.port()));
}

TEST(dial, when_all_refuse_the_last_says_why) {
  const attempt a = connect({local(1), local(2)});
  EXPECT_EQ(a.error, boost::system::errc::connection_refused);
  EXPECT_EQ(a.detail, "connect 127.0.0.1:2: Connection refused");
}

TEST(dial, an_aborted_connector_tells_nobody) {
  asio::io_context context;
  const black_hole hole(2);
  bool told = false;
  const auto c = std::make_shared<io::connector>(
      context, io::endpoints{at(hole), at(hole)},
      [&](error_code, const std::string&, const io::stream_socket&) { told = true; });
  c->start();
  c->abort();
  context.run();  // Ends: nothing is left of it.
  EXPECT_FALSE(told);
}

TEST(dial, a_tcp_socket_has_its_options) {
  acceptor_host server;
  asio::io_context context;
  std::unique_ptr<io::transport> made;
  int fd = -1;
  const auto c =
      std::make_shared<io::connector>(context, io::endpoints{local(server.port())},
                                      [&](error_code, const std::string&, io::stream_socket s) {
                                        fd = s.native_handle();
                                        made = io::make_socket_transport(std::move(s));
                                      });
  c->start();
  context.run();
  const auto option = [fd](int level, int name) {
    int value = -1;
    socklen_t size = sizeof value;
    EXPECT_EQ(::getsockopt(fd, level, name, &value, &size), 0);
    return value;
  };
  EXPECT_EQ(option(IPPROTO_TCP, TCP_NODELAY), 1);
  EXPECT_EQ(option(SOL_SOCKET, SO_KEEPALIVE), 1);
  EXPECT_EQ(option(IPPROTO_TCP, TCP_KEEPIDLE), 30);
  EXPECT_NE(::fcntl(fd, F_GETFL) & O_NONBLOCK, 0);
}

// Feeds `piece` again and again; how many bytes the upgrade took before it had enough.
std::size_t endless(const std::string& head, const std::string& piece, error_code& ec) {
  handshake h;
  h.target = "/";
  io::client_upgrade u("h", h, limits{}, io::make_websocket_key(*io::environment::system()));
  std::size_t fed = head.size();
  bool over = u.feed(as_bytes(head));
  for (; !over && fed < 10'000'000; fed += piece.size()) over = u.feed(as_bytes(piece));
  ec = u.outcome().error;
  return fed;
}

TEST(dial, an_endless_answer_is_cut_off) {
  const std::string head = "HTTP/1.1 503 Service Unavailable\r\nTransfer-Encoding: chunked\r\n\r\n";
  error_code ec;
  EXPECT_LT(endless(head, "1;" + std::string(1000, 'x') + "\r\ny\r\n", ec), 100'000u);
  EXPECT_EQ(ec, errc::unavailable);
  EXPECT_LT(endless(head + "1;", std::string(1000, 'x'), ec), 100'000u);
  EXPECT_EQ(ec, errc::unavailable);
  EXPECT_LT(endless(head + "0\r\nX: ", std::string(1000, 'x'), ec), 100'000u);
  EXPECT_EQ(ec, errc::unavailable);
  EXPECT_LT(endless("HTTP/1.1 101 Switching Protocols\r\nX: ", std::string(1000, 'x'), ec),
            100'000u);
  EXPECT_EQ(ec, errc::upgrade_too_big);
}

TEST(dial, a_failed_upgrade_carries_status_headers_and_a_capped_body) {
  struct asker : adapter<asker, on::error> {
    int status = 0;
    std::string body = {};
    std::string retry = {};
    reaction on_error(context&, const failure& f) {
      status = f.status;
      body = f.body;
      for (const header& h : *f.headers) {
        if (h.name == "Retry-After") retry = h.value;
      }
      return reaction::pass();
    }
  };
  const std::string whole =
      "HTTP/1.1 429 Too Many Requests\r\nRetry-After: 7\r\nContent-Length: 9000\r\n\r\n" +
      std::string(9000, 'b');
  for (const std::size_t piece : {std::size_t{1}, std::size_t{100}, whole.size()}) {
    raw_server server([&](const raw_server::link& l) {
      l.read_request();
      for (std::size_t at = 0; at < whole.size(); at += piece) l.write(whole.substr(at, piece));
      l.wait_for_end();
    });
    client<asker> c{{.url = server.url()}};
    EXPECT_EQ(c.run(), errc::rate_limited) << c.last_detail();
    EXPECT_EQ(c.get<asker>().status, 429);
    EXPECT_EQ(c.get<asker>().retry, "7");
    EXPECT_EQ(c.get<asker>().body, std::string(4096, 'b'));
  }
}

TEST(dial, interim_answers_are_passed_over) {
  const std::string interim =
      "HTTP/1.1 100 Continue\r\n\r\nHTTP/1.1 103 Early Hints\r\nLink: </style>\r\n\r\n";
  const std::string key = io::make_websocket_key(*io::environment::system());
  const std::string whole =
      interim +
      "HTTP/1.1 101 Switching Protocols\r\nUpgrade: websocket\r\nConnection: Upgrade\r\n"
      "Sec-WebSocket-Accept: " +
      io::accept_for(key) + "\r\n\r\nrest";
  for (std::size_t cut = 0; cut <= whole.size(); ++cut) {
    handshake h;
    h.target = "/";
    io::client_upgrade u("h", h, limits{}, key);
    const bool early = u.feed(as_bytes(std::string_view(whole).substr(0, cut)));
    if (!early) {
      EXPECT_TRUE(u.feed(as_bytes(std::string_view(whole).substr(cut)))) << cut;
    }
    EXPECT_FALSE(u.outcome().error) << cut << u.outcome().detail;
    EXPECT_EQ(u.outcome().status, 101);
  }
  error_code ec;
  EXPECT_LT(endless("", interim, ec), 100'000u);
  EXPECT_EQ(ec, errc::upgrade_too_big);
}

TEST(dial, bytes_behind_the_answer_belong_to_the_link) {
  struct listener : adapter<listener, on::message> {
    std::string heard;
    verdict on_message(context& c, const inbound& m) {
      heard += m.text();
      if (heard == "early bird") c.close();
      return handled;
    }
  };
  const std::string frames = server_frame(1, "early ") + server_frame(1, "bird");
  for (std::size_t cut = 0; cut <= frames.size(); ++cut) {
    raw_server server([&](const raw_server::link& l) {
      l.accept_upgrade(frames.substr(0, cut));
      l.write(frames.substr(cut));
      l.read();
      l.write(server_frame(8, "\x03\xe8"));
    });
    client<listener> c{{.url = server.url()}};
    EXPECT_FALSE(c.run()) << cut << c.last_detail();
    EXPECT_EQ(c.get<listener>().heard, "early bird") << cut;
  }
}

// Answers that lie about their length, each to one attempt: the client dials again and gets a link.
TEST(dial, no_length_of_a_refusal_ends_the_program) {
  struct visitor : adapter<visitor, on::open> {
    void on_open(context& c, const open_info&) { c.close(); }
  };
  const std::string lies[] = {
      "Content-Length: 100000000000\r\n\r\nabc",
      "Content-Length: 18446744073709551615\r\n\r\nabc",
      "Content-Length: 18446744073709551616\r\n\r\nabc",
      "Content-Length: -1\r\n\r\nabc",
      "Transfer-Encoding: chunked\r\n\r\nffffffffffffffff\r\nabc",
      "Transfer-Encoding: chunked\r\n\r\nfffffffffffffffff\r\nabc",
      "Content-Length: 7\r\nTransfer-Encoding: chunked\r\nContent-Length: 8\r\n\r\nabc"};
  std::size_t told = 0;
  raw_server server(
      [&](const raw_server::link& l) {
        if (told == std::size(lies)) {
          l.accept_upgrade();
          l.read();
          return l.write(server_frame(8, "\x03\xe8"));
        }
        l.read_request();
        l.write("HTTP/1.1 503 x\r\n" + lies[told++]);
      },
      static_cast<int>(std::size(lies)) + 1);
  client<visitor, reconnect> c{
      {.url = server.url()},
      {},
      reconnect({.base = 1ms, .cap = 5ms, .busy = 1ms, .after_normal_close = false})};
  EXPECT_FALSE(c.run()) << c.last_detail();
  EXPECT_EQ(c.snapshot().attempts, std::size(lies) + 1);
  server.wait();
  EXPECT_EQ(told, std::size(lies));
}

TEST(dial, a_refusal_that_is_reset_keeps_its_status) {
  struct refused : adapter<refused, on::error> {
    std::optional<duration> wait = {};
    std::string body = {};
    reaction on_error(context&, const failure& f) {
      wait = f.retry_after;
      body = f.body;
      return reaction::pass();
    }
  };
  const struct {
    std::string answer;
    errc error;
    bool waits;
  } answers[] = {
      {"401 Unauthorized\r\nContent-Length: 20\r\n\r\n no", errc::unauthorized, false},
      {"401\r\nContent-Len", errc::unauthorized, false},
      {"429 Slow\r\nRetry-After: 7\r\nContent-Length: 20\r\n\r\n no", errc::rate_limited, true},
      {"429 Slow\r\nRetry-After: 7", errc::rate_limited, false},
      {"503 Busy\r\nRetry-After: 7\r\nX", errc::unavailable, true}};
  for (const auto& a : answers) {
    raw_server server([&](const raw_server::link& l) {
      l.read_request();
      l.write("HTTP/1.1 " + a.answer);
      l.reset_at_end();
    });
    client<refused> c{{.url = server.url()}};
    EXPECT_EQ(c.run(), a.error) << a.answer << c.last_detail();
    EXPECT_NE(c.last_detail().find("broke off"), std::string::npos) << c.last_detail();
    EXPECT_EQ(c.get<refused>().wait.has_value(), a.waits) << a.answer;
    EXPECT_EQ(c.get<refused>().body, a.answer.ends_with(" no") ? " no" : "");
  }
}

// As a plug-in sets it, or as a credential.
TEST(dial, a_header_of_the_handshake_is_refused_whoever_sets_it) {
  struct setter : adapter<setter, on::connecting, on::authenticate> {
    header changed = {};
    header granted = {};
    admission on_connecting(context&, handshake& h) {
      if (!changed.name.empty()) h.headers.push_back(changed);
      return admission::go();
    }
    grant on_authenticate(context&, auth_request& a) {
      if (granted.name.empty()) return grant::ready();
      a.defer().grant({granted});
      return grant::pending();
    }
  };
  for (const bool by_grant : {false, true}) {
    setter s;
    (by_grant ? s.granted : s.changed) = {"sec-websocket-key", "AAAA"};
    client<setter> c{{.url = "ws://127.0.0.1:1"}, s};
    EXPECT_EQ(c.run(), errc::invalid_option);
    EXPECT_EQ(c.last_detail(),
              "headers: 'sec-websocket-key' belongs to the handshake, which sets it itself");
  }
  std::string request;
  raw_server server([&](const raw_server::link& l) {
    request = l.read_request();
    l.write("HTTP/1.1 404\r\nContent-Length: 0\r\n\r\n");
  });
  setter s;
  s.granted = {"host", "other.example"};
  client<setter> c{{.url = server.url()}, s};
  EXPECT_EQ(c.run(), errc::upgrade_refused);
  server.wait();
  EXPECT_EQ(request.find("GET / HTTP/1.1\r\nHost: other.example\r\nUpgrade:"), 0u) << request;
  EXPECT_EQ(request.find("127.0.0.1"), std::string::npos) << request;
}

}  // namespace dial_test
}  // namespace hawser::test
