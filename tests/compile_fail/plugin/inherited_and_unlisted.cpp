// expect: hawser::on::drop
// expect: hawser: Plugin has a member on_<Hook> but does not list Hook
// expect: Plugin = gauge | <gauge>
// as: ASSERT CLIENT
#include "check.hpp"

struct shared {
  void on_drop(hawser::context&, const hawser::drop_info&) {}
};
struct gauge : shared, hawser::behavior<gauge, hawser::on::open> {
  void on_open(hawser::context&, const hawser::open_info&) {}
};

CHECK(gauge, hawser::client<right, gauge>);
