// Our client and our acceptor, each with a scripted peer at its other end.
#pragma once

#include <hawser/adapter.hpp>
#include <hawser/client.hpp>
#include <hawser/io/acceptor.hpp>

#include "handshake_cases.hpp"
#include "support/words.hpp"
#include "tcp_peer.hpp"

#include <future>
#include <mutex>
#include <thread>

namespace hawser::rfc6455 {

using test::wire_frame;

/// Handshakes that no peer outwaits: what ends sooner was ended, not timed out.
inline constexpr deadlines patient{.upgrade = std::chrono::minutes(1),
                                   .close = std::chrono::minutes(1)};

/// What an adapter saw of its link.
struct seen {
  std::vector<std::string> messages;
  std::vector<drop_info> drops;  // their reasons are not valid any more
  int opened = 0;
};

/// Says hello when the link opens, notes what comes, and closes when a message asks for it.
struct notary : adapter<notary, on::open, on::message, on::drop> {
  std::shared_ptr<seen> notes = std::make_shared<seen>();
  void on_open(context& c, const open_info&) {
    ++notes->opened;
    EXPECT_TRUE(c.send("hello"));
  }
  verdict on_message(context& c, const inbound& m) {
    notes->messages.emplace_back(m.text());
    if (m.text() == "close") c.close(close_code::normal, "as asked");
    return handled;
  }
  void on_drop(context&, const drop_info& d) { notes->drops.push_back(d); }
};

/// Our client, running on a thread of its own against whatever listens on `url`.
class client_of {
 public:
  explicit client_of(std::string url, hawser::deadlines bounds = patient)
      : client_({.url = std::move(url), .deadlines = bounds}),
        result_(std::async(std::launch::async, [this] { return client_.run(); })) {}
  ~client_of() { end(); }

  /// How it ended; waits for that, 10 s at most.
  error_code end() {
    if (!result_.valid()) return how_;
    EXPECT_EQ(result_.wait_for(std::chrono::seconds(10)), std::future_status::ready);
    client_.stop();
    client_.stop();
    return how_ = result_.get();
  }
  /// After end().
  const seen& notes() { return *client_.get<notary>().notes; }
  std::uint64_t attempts() { return client_.snapshot().attempts; }

 private:
  client<notary> client_;
  std::future<error_code> result_;
  error_code how_;
};

/// The answer that opens the link, for the request that came.
inline std::string answer_to(const std::string& request) {
  return write_head(good_answer(), {"Accept",
                                    {"Sec-WebSocket-Accept: " +
                                     io::accept_for(line_of(request, "Sec-WebSocket-Key"))}});
}

/// The peer's side of an open link to our client: its "hello" has been read.
inline tcp_peer open_link(tcp_listener& listener) {
  tcp_peer p = listener.accept();
  p.say(answer_to(p.head()));
  EXPECT_EQ(p.frame().payload, "hello");
  return p;
}

/// Our acceptor on a loop and thread of its own. It serves /chat to anybody but evil.example.
class server_of {
 public:
  explicit server_of(hawser::deadlines bounds = patient)
      : acceptor_(loop_, {.deadlines = bounds}, [this](io::peer_handle) {
          doorkeeper d;
          d.notes = notes_;
          return std::make_unique<chain<doorkeeper>>(std::move(d));
        }) {
    const auto port = acceptor_.listen();
    EXPECT_EQ(words_of(port), "");
    port_ = *port;
    thread_ = std::thread([this] { loop_->run(); });
  }
  ~server_of() { end(); }

  std::uint16_t port() const { return port_; }
  /// Stops it; what it saw.
  const seen& end() {
    if (thread_.joinable()) {
      acceptor_.stop([this] { loop_->stop(); });
      thread_.join();
    }
    return *notes_;
  }

 private:
  struct doorkeeper : adapter<doorkeeper, on::connecting, on::open, on::message, on::drop> {
    notary inner;
    std::shared_ptr<seen> notes;
    admission on_connecting(context&, handshake& h) {
      inner.notes = notes;
      for (const header& f : h.headers) {
        if (f.value == "http://evil.example") return admission::refuse(errc::unauthorized);
      }
      return h.target == "/chat" ? admission::go() : admission::refuse(errc::upgrade_refused);
    }
    void on_open(context& c, const open_info& i) { inner.on_open(c, i); }
    verdict on_message(context& c, const inbound& m) { return inner.on_message(c, m); }
    void on_drop(context& c, const drop_info& d) { inner.on_drop(c, d); }
  };

  std::shared_ptr<seen> notes_ = std::make_shared<seen>();
  std::shared_ptr<io::loop> loop_ = std::make_shared<io::loop>();
  io::acceptor acceptor_;
  std::uint16_t port_ = 0;
  std::thread thread_;
};

/// The peer's side of an open link to our acceptor: its "hello" has been read.
inline tcp_peer open_link(server_of& server) {
  tcp_peer p = tcp_peer::connect(server.port());
  p.say(write_head(good_request(), {}));
  EXPECT_EQ(line_of(p.head(), ""), "HTTP/1.1 101 Switching Protocols");
  EXPECT_EQ(p.frame().payload, "hello");
  return p;
}

inline wire_frame masked(wire_frame f) {
  f.masked = true;
  return f;
}

}  // namespace hawser::rfc6455
