// A client that reconnect alone decides for: attempts, links and how they end.
#pragma once

#include <hawser/behaviors/reconnect.hpp>

#include "support/bench_link.hpp"

#include <gtest/gtest.h>

#include <optional>
#include <vector>

namespace hawser::test {

struct reconnect_link : bench_link<reconnect> {
  explicit reconnect_link(reconnect::options o = {.seed = 1}) : bench_link(reconnect(o)) {}

  reaction fail(error_code ec = errc::dropped, close_code code = close_code::abnormal) {
    if (link.open) drop();
    failure f;
    f.error = ec;
    f.code = code;
    return at([&](context& c) { return plugins.error(c, f); });
  }
  reaction fail(const failure& f) {
    return at([&](context& c) { return plugins.error(c, f); });
  }
  duration delay() {
    const reaction r = fail();
    EXPECT_EQ(r.what(), reaction::kind::retry);
    return r.after();
  }
  admission dial(bool successor = false, bool probe = false) {
    request = {};
    request.successor = successor;
    request.probe = probe;
    return at([&](context& c) { return plugins.connecting(c, request); });
  }
  /// What an attempt ends with.
  reaction fail_dial(error_code ec, int status = 0, fingerprint shown = {}) {
    failure f;
    f.at = status != 0 ? phase::upgrading : phase::connecting;
    f.error = ec;
    f.status = status;
    f.fingerprint = shown;
    return fail(f);
  }
  /// An attempt that finds nobody: the delay behind it.
  duration miss() {
    (void)dial();
    return fail_dial(errc::connect_timeout).after();
  }
  /// A link opens with these credentials.
  void open_as(fingerprint shown) {
    link.open = true;
    ++link.number;
    const std::vector<header> none;
    at([&](context& c) {
      plugins.open(c,
                   {.link = link.number, .subprotocol = {}, .headers = none, .fingerprint = shown});
    });
  }
  /// And ends: what becomes of the client.
  reaction end_as(fingerprint shown, error_code ec) {
    link.open = false;
    at([&](context& c) { plugins.drop(c, {.link = link.number, .error = ec}); });
    failure f;
    f.at = phase::open;
    f.error = ec;
    f.fingerprint = shown;
    return fail(f);
  }

  handshake request;
};

/// A refused upgrade: busy, or `ec`, asking to be left alone for so long.
inline failure asked(std::optional<duration> after, error_code ec = errc::unavailable) {
  failure f;
  f.at = phase::upgrading;
  f.error = ec;
  f.status = 503;
  f.retry_after = after;
  return f;
}

}  // namespace hawser::test
