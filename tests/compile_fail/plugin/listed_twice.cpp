// expect: hawser: a behavior is listed twice
// expect: Behaviors = {gauge, gauge} | <right, gauge, gauge>
// as: CLIENT USED
#include "check.hpp"

struct gauge : hawser::behavior<gauge, hawser::on::open> {
  void on_open(hawser::context&, const hawser::open_info&) {}
};

CHECK(gauge, hawser::client<right, gauge, gauge>);
