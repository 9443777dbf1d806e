// expect-ok
// as: ASSERT CLIENT USED CHAIN
#include "check.hpp"

struct gauge
    : hawser::behavior<gauge, hawser::on::connecting, hawser::on::open, hawser::on::drop,
                       hawser::on::ready, hawser::on::wake, hawser::on::frame, hawser::on::message,
                       hawser::on::sending, hawser::on::settled, hawser::on::error,
                       hawser::on::stopped, hawser::on::authenticate, hawser::on::renewed,
                       hawser::on::heartbeat, hawser::on::subscription> {
  hawser::admission on_connecting(hawser::context&, hawser::handshake&) {
    return hawser::admission::go();
  }
  void on_open(hawser::context&, const hawser::open_info&) {}
  void on_drop(hawser::context&, const hawser::drop_info&) {}
  void on_wake(hawser::context&, const hawser::wake_info&) {}
  void on_frame(hawser::context&, const hawser::frame_info&) {}
  hawser::verdict on_message(hawser::context&, const hawser::inbound&) {
    return hawser::verdict::pass;
  }
  hawser::permit on_sending(hawser::context&, const hawser::outbound&) {
    return hawser::permit::pass();
  }
  hawser::reaction on_error(hawser::context&, const hawser::failure&) {
    return hawser::reaction::pass();
  }
  void on_ready(hawser::context&, const hawser::ready_info&) {}
  void on_settled(hawser::context&, const hawser::settled_info&) {}
  void on_stopped(hawser::context&, const hawser::stop_info&) {}
  void on_renewed(hawser::context&, const hawser::credentials&) {}
  void on_subscription(hawser::context&, const hawser::subscription_event&) {}
  hawser::verdict on_heartbeat(hawser::context&, const hawser::heartbeat_info&) {
    return hawser::handled;
  }
  hawser::grant on_authenticate(hawser::context&, hawser::auth_request&) {
    return hawser::grant::ready();
  }
};

CHECK(gauge, hawser::client<right, gauge>);
