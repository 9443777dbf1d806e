// expect: hawser::on::drop
// expect: hawser: Plugin has a member on_<Hook> but does not list Hook
// expect: Plugin = gauge | <gauge>
// as: ASSERT CLIENT USED CHAIN
#include "check.hpp"

struct gauge : hawser::behavior<gauge, hawser::on::open> {
  void on_open(hawser::context&, const hawser::open_info&) {}
  void on_drop(hawser::context&, const hawser::drop_info&) {}
};

CHECK(gauge, hawser::client<right, gauge>);
