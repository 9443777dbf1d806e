// Clients that circuit_breaker decides for: attempts and what becomes of them.
#pragma once

#include <hawser/behaviors/circuit_breaker.hpp>

#include "support/bench_link.hpp"

#include <gtest/gtest.h>

#include <memory>
#include <string>
#include <utility>

namespace hawser::test {

/// A client with a circuit_breaker: its attempts, and how they fail.
template <class... Behind>
struct dialer : bench_link<circuit_breaker, Behind...> {
  using base = bench_link<circuit_breaker, Behind...>;
  explicit dialer(circuit_breaker::options o, Behind... behind)
      : base(circuit_breaker(std::move(o)), std::move(behind)...) {}

  admission dial(const std::string& endpoint = "ws://a:1") {
    request = {};
    request.endpoint = endpoint;
    return this->at([&](context& c) { return this->plugins.connecting(c, request); });
  }
  reaction fail(const failure& f) {
    this->link.open = false;
    return this->at([&](context& c) { return this->plugins.error(c, f); });
  }
  reaction fail(phase at, error_code ec, int status = 0) {
    failure f;
    f.at = at;
    f.error = ec;
    f.status = status;
    return fail(f);
  }
  // Attempts that find nobody.
  void miss(int times = 1) {
    for (int i = 0; i < times; ++i) {
      EXPECT_TRUE(dial().passes());
      (void)fail(phase::connecting, errc::connect_timeout);
    }
  }
  void stopped() {
    this->at([&](context& c) { this->plugins.stopped(c, {}); });
  }
  circuit_breaker& breaker() { return this->plugins.template get<circuit_breaker>(); }

  handshake request;
};

/// Two clients of one endpoint.
struct dialer_pair {
  std::shared_ptr<shared_circuit> circuit = std::make_shared<shared_circuit>();
  line_sink lines{log_level::info};
  dialer<> a{{.seed = 1, .circuit = circuit}};
  dialer<> b{{.seed = 2, .circuit = circuit}};

  dialer_pair() { a.sink = b.sink = &lines; }
  void opened() {
    a.miss(5);
    b.miss(5);
    EXPECT_EQ(a.breaker().state(), hawser::circuit::kind::open);
  }
  // The first one's probe is out.
  void probing() {
    opened();
    a.now = b.now = a.breaker().until();
    EXPECT_TRUE(a.dial().passes());
    EXPECT_TRUE(a.request.probe);
  }
};

}  // namespace hawser::test
