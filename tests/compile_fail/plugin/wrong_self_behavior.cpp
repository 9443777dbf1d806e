// expect: hawser: the first argument of a plug-in's base must be the plug-in itself
// expect: Plugin = gauge | <gauge>
// as: ASSERT CLIENT
#include "check.hpp"

struct gauge : hawser::behavior<right, hawser::on::open> {
  void on_open(hawser::context&, const hawser::open_info&) {}
};

CHECK(gauge, hawser::client<right, gauge>);
