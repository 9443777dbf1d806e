// A plug-in whose hooks take their time, in the clock of the test kit.
#pragma once

#include <hawser/testkit.hpp>

#include <functional>
#include <string_view>

namespace hawser::test {

/// Calls `busy` in every hook, with its name.
struct sluggish : adapter<sluggish, on::connecting, on::open, on::ready, on::message, on::sending,
                          on::settled, on::wake, on::drop, on::error, on::stopped> {
  std::function<void(context&, std::string_view)> busy = [](context&, std::string_view) {};
  int heard = 0;
  bool login = false;             // which a task ends
  time_point hold_until = never;  // of what is sent; never: it is not held

  admission on_connecting(context& c, handshake&) {
    busy(c, "connecting");
    return admission::go();
  }
  void on_open(context& c, const open_info&) {
    busy(c, "open");
    c.wake_at(c.now() + std::chrono::seconds(1));
    if (login) c.begin_login();
  }
  void on_ready(context& c, const ready_info&) { busy(c, "ready"); }
  verdict on_message(context& c, const inbound& m) {
    ++heard;
    busy(c, "message");
    busy(c, m.text());
    return handled;
  }
  permit on_sending(context& c, const outbound&) {
    busy(c, "sending");
    if (hold_until != never && c.now() < hold_until) return permit::hold_until(hold_until);
    return permit::pass();
  }
  void on_settled(context& c, const settled_info&) { busy(c, "settled"); }
  void on_wake(context& c, const wake_info&) { busy(c, "wake"); }
  void on_drop(context& c, const drop_info&) { busy(c, "drop"); }
  reaction on_error(context& c, const failure&) {
    busy(c, "error");
    return reaction::pass();
  }
  void on_stopped(context& c, const stop_info&) { busy(c, "stopped"); }
};
using plain = testkit::harness<sluggish>;

/// So many messages that come at once.
inline bytes flood(int n, char text = 'x') {
  bytes all;
  for (int i = 0; i < n; ++i) {
    for (const int b : {0x81, 1, static_cast<int>(text)}) all.push_back(static_cast<std::byte>(b));
  }
  return all;
}

}  // namespace hawser::test
