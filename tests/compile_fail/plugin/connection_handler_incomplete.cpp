// expect: hawser: Plugin lists Hook but has no member on_<Hook>
// expect: hawser::on::drop
// expect: void(hawser::context&, const hawser::drop_info&)
// expect: Plugin = gauge | <gauge>
// as: ASSERT CLIENT
#include "check.hpp"

struct gauge : hawser::connection_handler<gauge> {
  hawser::admission on_connecting(hawser::context&, hawser::handshake&) {
    return hawser::admission::go();
  }
  void on_open(hawser::context&, const hawser::open_info&) {}
};

CHECK(gauge, hawser::client<right, gauge>);
