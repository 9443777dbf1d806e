// An acceptor on a loop and thread of its own.
#pragma once

#include <hawser/adapter.hpp>
#include <hawser/chain.hpp>
#include <hawser/io/acceptor.hpp>

#include <memory>
#include <stdexcept>
#include <string>
#include <thread>
#include <utility>

namespace hawser::test {

/// Sends back what comes, closes on "bye".
struct echo_peer : adapter<echo_peer, on::message> {
  verdict on_message(context& c, const inbound& m) {
    if (m.text() == "bye") {
      c.close(close_code::normal, "as asked");
    } else {
      (void)c.send(buffer(m.data), m.op);
    }
    return handled;
  }
};

class acceptor_host {
 public:
  explicit acceptor_host(io::sink_factory make, io::acceptor_options o = {})
      : tls_(o.tls.certificate_file.has_value()), acceptor_(loop_, std::move(o), std::move(make)) {
    const auto port = acceptor_.listen();
    if (!port) throw std::runtime_error(port.error().detail);
    port_ = *port;
    thread_ = std::thread([this] { loop_->run(); });
  }
  /// With an echo_peer for each link.
  explicit acceptor_host(io::acceptor_options o = {})
      : acceptor_host(
            [](io::peer_handle) { return std::make_unique<chain<echo_peer>>(echo_peer{}); },
            std::move(o)) {}
  ~acceptor_host() {
    acceptor_.stop([this] { loop_->stop(); });
    thread_.join();
  }

  std::string url() const {
    return (tls_ ? "wss://127.0.0.1:" : "ws://127.0.0.1:") + std::to_string(port_);
  }
  std::uint16_t port() const noexcept { return port_; }

 private:
  bool tls_;
  std::shared_ptr<io::loop> loop_ = std::make_shared<io::loop>();
  io::acceptor acceptor_;
  std::uint16_t port_ = 0;
  std::thread thread_;
};

}  // namespace hawser::test
