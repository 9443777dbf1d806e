// expect: hawser: the first argument of a plug-in's base must be the plug-in itself
// expect: Plugin = gauge | <gauge>
// as: ASSERT CLIENT
#include "check.hpp"

struct gauge : hawser::connection_handler<right> {
  hawser::admission on_connecting(hawser::context&, hawser::handshake&) {
    return hawser::admission::go();
  }
  void on_open(hawser::context&, const hawser::open_info&) {}
  void on_drop(hawser::context&, const hawser::drop_info&) {}
};

CHECK(gauge, hawser::client<right, gauge>);
