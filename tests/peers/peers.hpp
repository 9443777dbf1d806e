// The peers that are not hawser: two WebSocket libraries, two proxies that terminate TLS.
#pragma once

#include "peers/process.hpp"

#include <cstdint>
#include <memory>
#include <string>
#include <vector>

namespace hawser::test {

/// Who speaks WebSocket: python3-websockets or node-ws.
enum class speaker : std::uint8_t { python, node };
/// What lies between the two ends.
enum class between : std::uint8_t {
  nothing,
  our_tls,  ///< nothing; our acceptor speaks TLS itself
  nginx,    ///< speaks TLS 1.2
  haproxy,  ///< speaks TLS 1.3
};

std::string to_string(speaker s);
std::string to_string(between b);

/// Empty, or the Debian package that is missing.
std::string missing_for(speaker s);
std::string missing_for(between b);

/// Starts the client of a library at once.
std::unique_ptr<process> start_client(speaker who, const std::string& url,
                                      const std::string& ca_file,
                                      const std::vector<std::string>& task);

/// The echo server of a library. Keeps its port when it is started again.
class echo_server {
 public:
  explicit echo_server(speaker who) : who_(who) { start(); }
  void start();
  void kill() { running_->kill(); }
  std::uint16_t port() const noexcept { return port_.number(); }
  process& peer() noexcept { return *running_; }

 private:
  speaker who_;
  kept_port port_;
  std::unique_ptr<process> running_;
};

/// A proxy that terminates TLS in front of 127.0.0.1:<target>. Answers /front/404 and the like by
/// itself: status, a header "X-Why: front", and a body of "front".
class front {
 public:
  struct setup {
    between what = between::nginx;
    std::uint16_t target = 0;
    std::string folder;            ///< for its files
    std::string certificate_file;  ///< the chain, then the key, in one
    int idle_seconds = 60;         ///< after which a silent link is ended
  };
  explicit front(setup s);
  void start();
  void kill() { running_->kill(); }
  std::string url() const { return "wss://127.0.0.1:" + port_.text(); }
  process& peer() noexcept { return *running_; }

 private:
  std::string write_configuration() const;

  setup setup_;
  kept_port port_;
  std::unique_ptr<process> running_;
};

}  // namespace hawser::test
