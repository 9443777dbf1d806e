// What the acceptor does with links that are not upgraded: bounds, refusals, what it says of them.
#include <hawser/hawser.hpp>

#include "support/acceptor_host.hpp"
#include "support/line_log.hpp"
#include "support/sockets.hpp"
#include "support/temp_folder.hpp"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <fstream>
#include <optional>
#include <sys/time.h>

namespace hawser::test {
namespace acceptor_test {

using ::testing::AllOf;
using ::testing::EndsWith;
using ::testing::HasSubstr;
using ::testing::StartsWith;

constexpr const char* upgrade_request =
    "GET / HTTP/1.1\r\nHost: h\r\nUpgrade: websocket\r\nConnection: Upgrade\r\n"
    "Sec-WebSocket-Key: dGhlIHNhbXBsZSBub25jZQ==\r\nSec-WebSocket-Version: 13\r\n\r\n";

// A client without manners.
class raw_client {
 public:
  explicit raw_client(std::uint16_t port) : fd_(connect_to(port)) {
    const timeval limit{std::chrono::duration_cast<std::chrono::seconds>(patience).count(), 0};
    ::setsockopt(fd_, SOL_SOCKET, SO_RCVTIMEO, &limit, sizeof limit);
  }
  ~raw_client() { ::close(fd_); }
  raw_client(const raw_client&) = delete;
  raw_client& operator=(const raw_client&) = delete;

  raw_client& write(std::string_view text) {
    (void)::send(fd_, text.data(), text.size(), MSG_NOSIGNAL);
    return *this;
  }
  /// Up to the end of the head of a response, or of the stream.
  std::string head() {
    std::string out;
    char c = 0;
    while (!out.ends_with("\r\n\r\n") && ::recv(fd_, &c, 1, 0) == 1) out += c;
    return out;
  }
  std::string all() {
    std::string out;
    char c = 0;
    while (::recv(fd_, &c, 1, 0) == 1) out += c;
    return out;
  }

 private:
  int fd_;
};

io::acceptor_options with_log(const std::shared_ptr<line_log>& log) {
  io::acceptor_options o;
  o.log = log;
  return o;
}

TEST(acceptors, at_the_bound_the_oldest_pending_link_goes_and_not_the_newcomer) {
  const auto log = std::make_shared<line_log>();
  io::acceptor_options o = with_log(log);
  o.pending = 2;
  acceptor_host host(o);
  raw_client first(host.port());
  raw_client second(host.port());
  raw_client third(host.port());
  EXPECT_THAT(first.all(), StartsWith("HTTP/1.1 503 Service Unavailable\r\n"));
  EXPECT_THAT(third.write(upgrade_request).head(), StartsWith("HTTP/1.1 101 "));
  raw_client fourth(host.port());  // An open link is not pending any more.
  EXPECT_THAT(second.write(upgrade_request).head(), StartsWith("HTTP/1.1 101 "));
  EXPECT_THAT(fourth.write(upgrade_request).head(), StartsWith("HTTP/1.1 101 "));
  EXPECT_TRUE(
      log->wait_for("closed for newer ones (pending 2, pending_per_address 1000): 1, the last one "
                    "from 127.0.0.1:"));
}

TEST(acceptors, one_that_was_refused_and_stays_goes_too) {
  io::acceptor_options o;
  o.pending = 1;
  acceptor_host host(o);
  raw_client refused(host.port());
  EXPECT_THAT(refused.write("nonsense\r\n\r\n").head(), StartsWith("HTTP/1.1 400 "));
  raw_client next(host.port());
  EXPECT_EQ(refused.all(), "not an HTTP request\n");
  EXPECT_THAT(next.write(upgrade_request).head(), StartsWith("HTTP/1.1 101 "));
}

TEST(acceptors, the_bound_for_one_address_is_off_on_loopback) {
  io::acceptor_options o;
  o.pending_per_address = 1;
  acceptor_host host(o);
  raw_client first(host.port());
  raw_client second(host.port());
  EXPECT_THAT(second.write(upgrade_request).head(), StartsWith("HTTP/1.1 101 "));
  EXPECT_THAT(first.write(upgrade_request).head(), StartsWith("HTTP/1.1 101 "));
}

TEST(acceptors, a_pending_link_makes_room_among_all_connections) {
  const auto log = std::make_shared<line_log>();
  io::acceptor_options o = with_log(log);
  o.connections = 2;
  acceptor_host host(o);
  raw_client open(host.port());
  EXPECT_THAT(open.write(upgrade_request).head(), StartsWith("HTTP/1.1 101 "));
  raw_client silent(host.port());
  raw_client next(host.port());
  EXPECT_THAT(silent.all(), StartsWith("HTTP/1.1 503 "));
  EXPECT_THAT(next.write(upgrade_request).head(), StartsWith("HTTP/1.1 101 "));
  raw_client last(host.port());
  EXPECT_THAT(last.all(), StartsWith("HTTP/1.1 503 ")) << "all of them are open";
  EXPECT_TRUE(log->wait_for(
      "new links while all connections (2) are in use: 1, the last one from 127.0.0.1:"));
}

TEST(acceptors, a_refusal_is_read_as_it_is_meant) {
  acceptor_host host;
  EXPECT_THAT(raw_client(host.port()).write("GET / HTTP/1.1\r\nHost: h\r\n\r\n").head(),
              HasSubstr("Upgrade: websocket\r\nConnection: Upgrade, close\r\n"
                        "Sec-WebSocket-Version: 13\r\n"));
  const std::string put =
      "PUT / HTTP/1.1\r\nHost: h\r\nTransfer-Encoding: chunked\r\n\r\n3\r\nabc\r\n0\r\n\r\n";
  EXPECT_THAT(raw_client(host.port()).write(put).head(), StartsWith("HTTP/1.1 400 "));
  raw_client head(host.port());
  head.write("HEAD / HTTP/1.1\r\nHost: h\r\n\r\n");
  EXPECT_THAT(head.head(), StartsWith("HTTP/1.1 426 "));
  raw_client other(host.port());  // What follows the head of the first must be nothing.
  EXPECT_THAT(other.write("GET / HTTP/1.1\r\n\r\n").head(), StartsWith("HTTP/1.1 400 "));
}

TEST(acceptors, what_is_refused_for_its_credentials_is_a_warning_with_its_address) {
  struct guard : adapter<guard, on::connecting> {
    admission on_connecting(context&, handshake& h) {
      return admission::refuse(h.target == "/origin" ? errc::origin_refused : errc::unauthorized);
    }
  };
  const auto log = std::make_shared<line_log>(log_level::warn);
  acceptor_host host([](io::peer_handle) { return std::make_unique<chain<guard>>(guard{}); },
                     with_log(log));
  raw_client stranger(host.port());
  std::string request = upgrade_request;
  request.insert(request.find("Upgrade:"), "Authorization: Bearer s3cret\r\n");
  EXPECT_THAT(stranger.write(request).head(), StartsWith("HTTP/1.1 401 "));
  EXPECT_TRUE(log->wait_for("refused with 401: not authorized"));
  EXPECT_THAT(log->all(), HasSubstr("peer 1 (127.0.0.1:"));
  request.replace(0, 5, "GET /origin").insert(request.find("Upgrade:"), "origin: https://evil\r\n");
  raw_client script(host.port());
  EXPECT_THAT(script.write(request).head(), StartsWith("HTTP/1.1 403 "));
  EXPECT_TRUE(log->wait_for("are not allowed: https://evil"));
  EXPECT_EQ(log->all().find("s3cret"), std::string::npos);
}

// Whoever writes a client learns from the answer what is missing; not what an exception said.
TEST(acceptors, a_refusal_says_why_in_the_words_of_the_hook) {
  struct wordy : adapter<wordy, on::connecting> {
    admission on_connecting(context& c, handshake& h) {
      if (h.target == "/throw") throw std::runtime_error("s3cret");
      c.fail(errc::upgrade_refused, "speak chat.v2");
      return admission::go();
    }
  };
  acceptor_host host([](io::peer_handle) { return std::make_unique<chain<wordy>>(wordy{}); });
  EXPECT_THAT(raw_client(host.port()).write(upgrade_request).all(),
              AllOf(StartsWith("HTTP/1.1 400 "), EndsWith(": speak chat.v2\n")));
  std::string request = upgrade_request;
  request.replace(0, 5, "GET /throw");
  EXPECT_THAT(raw_client(host.port()).write(request).all(),
              AllOf(StartsWith("HTTP/1.1 500 "), EndsWith("\r\n\r\ninternal error\n")));
}

// The peer is not told what an exception said, but the log is; nothing else has an effect.
TEST(acceptors, what_on_connecting_asked_for_is_logged) {
  struct wild : adapter<wild, on::connecting> {
    admission on_connecting(context& c, handshake& h) {
      if (h.target == "/throw") throw std::runtime_error("it broke");
      c.stop();
      c.close();
      c.recycle();
      c.offload("key", [] {});
      return admission::go();
    }
  };
  const auto log = std::make_shared<line_log>(log_level::warn);
  acceptor_host host([](io::peer_handle) { return std::make_unique<chain<wild>>(wild{}); },
                     with_log(log));
  std::string request = upgrade_request;
  request.replace(0, 5, "GET /throw");
  EXPECT_THAT(raw_client(host.port()).write(request).all(), StartsWith("HTTP/1.1 500 "));
  EXPECT_TRUE(log->wait_for("wild::on_connecting: it broke"));
  raw_client welcome(host.port());
  EXPECT_THAT(welcome.write(upgrade_request).head(), StartsWith("HTTP/1.1 101 "));
  for (const char* what : {"stop", "close", "offload"}) {
    EXPECT_TRUE(log->wait_for("on_connecting asked for " + std::string(what) + ": there is no"));
  }
  EXPECT_TRUE(log->wait_for("on_connecting asked for recycle without an open link"));
}

TEST(acceptors, knows_whose_link_it_is) {
  struct teller : adapter<teller, on::open> {
    io::peer_handle self;
    void on_open(context& c, const open_info&) { (void)c.send(self.address()); }
  };
  temp_folder folder;
  const auto make = [](io::peer_handle self) {
    teller t;
    t.self = std::move(self);
    return std::make_unique<chain<teller>>(std::move(t));
  };
  struct hearer : adapter<hearer, on::message> {
    std::string heard;
    verdict on_message(context& c, const inbound& m) {
      heard = m.text();
      c.close();
      return handled;
    }
  };
  acceptor_host over_tcp(make);
  client<hearer> a{{.url = over_tcp.url()}};
  EXPECT_FALSE(a.run());
  EXPECT_THAT(a.get<hearer>().heard, StartsWith("127.0.0.1:"));
  acceptor_host at_path(make, {.unix_socket = folder / "s"});
  client<hearer> b{{.url = "unix:" + (folder / "s")}};  // As a listener says it.
  EXPECT_FALSE(b.run()) << b.last_detail();
  EXPECT_EQ(b.get<hearer>().heard, "unix");
  EXPECT_EQ(io::peer_handle().address(), "");
}

TEST(acceptors, a_path_that_cannot_be_used_is_explained) {
  temp_folder folder;
  const auto why = [&](const std::string& path) -> std::string {
    try {
      acceptor_host host(io::acceptor_options{.unix_socket = path});
    } catch (const std::runtime_error& e) {
      return e.what();
    }
    return {};
  };
  std::ofstream(folder / "file") << "precious";
  EXPECT_THAT(why(folder / "file"), EndsWith("/file: a file that is no socket is there"));
  EXPECT_THAT(why(folder / "none/x"), EndsWith("/none/x: No such file or directory"));
  EXPECT_EQ(why(""), "unix_socket: must not be empty");
  acceptor_host served(io::acceptor_options{.unix_socket = folder / "served"});
  EXPECT_THAT(why(folder / "served"), EndsWith("/served: another program listens there"));
}

// --- zones --------------------------------------------------------------------------------------

std::string why_not_dialed(const std::string& url) {
  struct quiet : adapter<quiet, on::open> {
    void on_open(context& c, const open_info&) { c.close(); }
  };
  client<quiet> c{{.url = url}};
  return c.run() ? c.last_detail() : "";
}

TEST(zone, is_resolved_here_and_sent_to_nobody) {
  struct host_teller : adapter<host_teller, on::open> {
    std::shared_ptr<line_log> log;
    void on_open(context&, const open_info& o) {
      for (const header& f : o.headers) {
        if (f.name == "Host") log->write(log_level::info, "host " + f.value);
      }
    }
  };
  const auto log = std::make_shared<line_log>();
  io::acceptor_options o;
  o.host = "::1";
  std::optional<acceptor_host> host;
  try {
    host.emplace(
        [&](io::peer_handle) {
          host_teller t;
          t.log = log;
          return std::make_unique<chain<host_teller>>(std::move(t));
        },
        o);
  } catch (const std::runtime_error&) {
    GTEST_SKIP() << "no IPv6 here";
  }
  const std::string port = std::to_string(host->port());
  int times = 0;
  for (const char* zone : {"%25lo", "%lo", "%251", "%1", ""}) {  // lo is interface 1
    EXPECT_EQ(why_not_dialed("ws://[::1" + std::string(zone) + "]:" + port), "") << zone;
    EXPECT_TRUE(log->wait_for("host [::1]:" + port, static_cast<std::size_t>(++times)));
  }
}

TEST(zone, of_no_interface_is_named) {
  for (const char* zone : {"%25nosuch0", "%nosuch0", "%25999999", "%2599999999999"}) {
    EXPECT_THAT(why_not_dialed("ws://[fe80::1" + std::string(zone) + "]:9/"),
                ::testing::AllOf(StartsWith("resolve fe80::1%"), EndsWith("No such device")));
  }
  try {
    acceptor_host host(io::acceptor_options{.host = "fe80::1%nosuch0"});
    ADD_FAILURE() << "it listens";
  } catch (const std::runtime_error& e) {
    EXPECT_THAT(e.what(), HasSubstr("listen fe80::1%nosuch0: no network interface of this name"));
  }
}

}  // namespace acceptor_test
}  // namespace hawser::test
