// What the tests with real peers share: certificates, skipping, and a client with a bound.
#pragma once

#include <hawser/hawser.hpp>

#include "peers/peers.hpp"
#include "support/acceptor_host.hpp"
#include "support/certificates.hpp"
#include "support/line_log.hpp"
#include "support/temp_folder.hpp"

#include <gtest/gtest.h>

#include <cstdlib>
#include <fstream>
#include <memory>
#include <optional>
#include <string>
#include <strings.h>
#include <utility>
#include <vector>

namespace hawser::test {

/// The codes that may be on the wire (RFC 6455 section 7.4 and the IANA registry).
inline constexpr int wire_codes[] = {1000, 1001, 1002, 1003, 1007, 1008, 1009,
                                     1010, 1011, 1012, 1013, 1014, 3000, 4999};

/// Payload lengths around every boundary of the frame header (5.2), and the default limit.
inline constexpr std::size_t sizes[] = {1, 125, 126, 65'535, 65'536, 1u << 20, 16u << 20};

/// The value of the first field of that name; HAProxy writes names in small letters.
inline std::optional<std::string> find(const std::vector<header>& fields, const char* name) {
  for (const header& f : fields) {
    if (::strcasecmp(f.name.c_str(), name) == 0) return f.value;
  }
  return std::nullopt;
}

/// Ends a client that is not done in time.
struct time_limit : behavior<time_limit, on::connecting, on::wake> {
  bool expired = false;
  admission on_connecting(context& c, handshake&) {
    if (c.wake_time() == never) c.wake_at(c.now() + patience);
    return admission::go();
  }
  void on_wake(context& c, const wake_info&) {
    expired = true;
    c.stop();
  }
};

/// Which peer, and by which way.
struct route {
  speaker peer;
  between via;
};

inline std::string name_of(const route& r) { return to_string(r.peer) + '_' + to_string(r.via); }
inline void PrintTo(const route& r, std::ostream* out) { *out << name_of(r); }
inline void PrintTo(between b, std::ostream* out) { *out << to_string(b); }
template <class T>
std::string test_name(const ::testing::TestParamInfo<T>& info) {
  if constexpr (std::is_same_v<T, route>) {
    return name_of(info.param);
  } else {
    return to_string(info.param);
  }
}
/// Each of these speakers by each of these ways.
inline auto routes(const std::vector<speaker>& speakers, const std::vector<between>& ways) {
  std::vector<route> all;
  for (const speaker s : speakers) {
    for (const between b : ways) all.push_back({s, b});
  }
  return ::testing::ValuesIn(all);
}

/// A peer that is not installed skips its tests, but on a CI machine fails them.
#define HAWSER_NEED_PEER(WHAT)                                             \
  do {                                                                     \
    const std::string missing_package = missing_for(WHAT);                 \
    if (missing_package.empty()) break;                                    \
    const char* on_ci = std::getenv("CI");                                 \
    if (on_ci && std::string(on_ci) == "true") {                           \
      GTEST_FAIL() << "Debian's " << missing_package << " is missing";     \
    }                                                                      \
    GTEST_SKIP() << "Debian's " << missing_package << " is not installed"; \
  } while (false)

class PeersTest : public ::testing::Test {
 protected:
  std::string file(const std::string& name, const std::string& content) {
    const std::string path = folder_ / name;
    std::ofstream(path) << content;
    return path;
  }
  /// A proxy with a certificate of our authority.
  front::setup fronting(between what, std::uint16_t target, int idle_seconds = 60) {
    return {.what = what,
            .target = target,
            .folder = folder_.path(),
            .certificate_file = file("front.pem", server_.chain_pem() + server_.key_pem()),
            .idle_seconds = idle_seconds};
  }
  options calling(const std::string& url, const std::string& path = "/") {
    return {.url = url + path, .tls = {.ca_file = ca_file_}, .log = log_};
  }

  /// Runs a client to its end.
  template <class Adapter, class... Behaviors>
  error_code run(client<Adapter, time_limit, Behaviors...>& c) {
    const error_code ec = c.run();
    EXPECT_FALSE(c.template get<time_limit>().expired) << "out of time\n" << log_->all();
    return ec;
  }

  temp_folder folder_;
  identity authority_ = make_authority();
  std::string ca_file_ = file("ca.pem", authority_.certificate_pem());
  identity server_ = make_identity({}, &authority_);
  std::shared_ptr<line_log> log_ = std::make_shared<line_log>();
};

/// Our client's way to the echo server of a library.
class ClientTest : public PeersTest, public ::testing::WithParamInterface<route> {
 protected:
  void SetUp() override {
    HAWSER_NEED_PEER(GetParam().peer);
    HAWSER_NEED_PEER(GetParam().via);
    server_peer_.emplace(GetParam().peer);
    if (GetParam().via != between::nothing) {
      front_.emplace(fronting(GetParam().via, server_peer_->port()));
    }
  }
  options to(const std::string& path) {
    return calling(
        front_ ? front_->url() : "ws://127.0.0.1:" + std::to_string(server_peer_->port()), path);
  }
  process& peer() { return server_peer_->peer(); }

  std::optional<echo_server> server_peer_;
  std::optional<front> front_;
};

/// One for each of our acceptor's links; the request's path says what the link is for: /echo,
/// /close/CODE, /refuse/STATUS. Tells the log what it sees.
struct guest : adapter<guest, on::connecting, on::open, on::message, on::drop, on::frame> {
  std::shared_ptr<line_log> log;
  std::string path = {};

  int number_behind(std::string_view what) const {
    return path.starts_with(what) ? std::stoi(path.substr(what.size())) : 0;
  }
  admission on_connecting(context&, handshake& h) {
    path = h.target;
    if (number_behind("/refuse/") == 401) return admission::refuse(errc::unauthorized);
    if (number_behind("/refuse/") == 503) return admission::refuse(errc::unavailable);
    log->write(log_level::info, find(h.headers, "Sec-WebSocket-Extensions").value_or(""));
    for (const std::string& s : h.subprotocols) {
      if (s == "v2") h.subprotocol = s;
    }
    return admission::go();
  }
  void on_open(context& c, const open_info& o) {
    log->write(log_level::info, "open " + std::string(o.subprotocol));
    const int code = number_behind("/close/");
    if (code != 0) c.close(static_cast<close_code>(code), "as asked");
  }
  verdict on_message(context& c, const inbound& m) {
    EXPECT_TRUE(c.send(buffer(m.data), m.op));
    return handled;
  }
  void on_drop(context&, const drop_info& d) {
    log->write(log_level::info, "dropped " + std::to_string(static_cast<int>(d.code)) + " " +
                                    std::string(d.reason) + ": " + d.error.message());
  }
  void on_frame(context&, const frame_info& f) {
    if (!f.outbound && f.op == opcode::pong) log->write(log_level::info, "pong");
  }
};

/// A library's client's way to our acceptor.
class AcceptorTest : public PeersTest, public ::testing::WithParamInterface<route> {
 protected:
  void SetUp() override {
    HAWSER_NEED_PEER(GetParam().peer);
    HAWSER_NEED_PEER(GetParam().via);
    accept();
  }
  void accept(std::optional<heartbeat> beats = {}, int idle_seconds = 60) {
    io::acceptor_options o;
    if (GetParam().via == between::our_tls) {
      o.tls.certificate_file = file("server.pem", server_.chain_pem());
      o.tls.key_file = file("server.key", server_.key_pem());
    }
    front_.reset();
    acceptor_.emplace(
        [log = log_, beats](io::peer_handle) -> std::unique_ptr<event_sink> {
          guest g;
          g.log = log;
          if (!beats) return std::make_unique<chain<guest>>(std::move(g));
          return std::make_unique<chain<heartbeat, guest>>(*beats, std::move(g));
        },
        std::move(o));
    const between via = GetParam().via;
    if (via == between::nginx || via == between::haproxy) {
      front_.emplace(fronting(via, acceptor_->port(), idle_seconds));
    }
  }
  /// Starts the client at its task.
  std::unique_ptr<process> start(const std::string& path, const std::vector<std::string>& task) {
    const std::string url = front_ ? front_->url() : acceptor_->url();
    return start_client(GetParam().peer, url + path, url.starts_with("wss:") ? ca_file_ : "-",
                        task);
  }

  std::optional<acceptor_host> acceptor_;
  std::optional<front> front_;
};

}  // namespace hawser::test
