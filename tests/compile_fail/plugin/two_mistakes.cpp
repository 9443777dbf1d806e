// expect: hawser: Plugin lists Hook but has no member on_<Hook>
// expect: hawser::on::open
// expect: void(hawser::context&, const hawser::open_info&)
// expect: Plugin = gauge | <gauge>
// as: ASSERT CLIENT
#include "check.hpp"

// One error at a time: the first hook of the table.
struct gauge : hawser::behavior<gauge, hawser::on::open> {
  void on_drop(hawser::context&, const hawser::drop_info&) {}
};

CHECK(gauge, hawser::client<right, gauge>);
