// expect: hawser: on_<Hook> has a wrong argument or result
// expect: hawser::on::open
// expect: void(hawser::context&, const hawser::open_info&)
// expect: Plugin = gauge | <gauge>
// as: ASSERT CLIENT
#include "check.hpp"

struct gauge : hawser::behavior<gauge, hawser::on::open> {
  void on_open(const hawser::open_info&) {}
};

CHECK(gauge, hawser::client<right, gauge>);
