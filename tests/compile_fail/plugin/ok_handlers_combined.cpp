// expect-ok
// as: ASSERT CLIENT USED CHAIN
#include "check.hpp"

struct gauge : hawser::adapter<gauge, hawser::on::wake>,
               hawser::connection_handler<gauge>,
               hawser::message_handler<gauge>,
               hawser::error_handler<gauge>,
               hawser::auth_handler<gauge> {
  hawser::admission on_connecting(hawser::context&, hawser::handshake&) {
    return hawser::admission::go();
  }
  void on_open(hawser::context&, const hawser::open_info&) {}
  void on_drop(hawser::context&, const hawser::drop_info&) {}
  void on_wake(hawser::context&, const hawser::wake_info&) {}
  hawser::verdict on_message(hawser::context&, const hawser::inbound&) { return hawser::handled; }
  hawser::reaction on_error(hawser::context&, const hawser::failure&) {
    return hawser::reaction::give_up();
  }
  hawser::grant on_authenticate(hawser::context&, hawser::auth_request&) {
    return hawser::grant::ready();
  }
};

CHECK(gauge, hawser::client<gauge>);
