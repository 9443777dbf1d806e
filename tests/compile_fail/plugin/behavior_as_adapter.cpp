// expect: hawser: the first argument of client<> is the adapter
// expect: Adapter = gauge | <gauge>
// as: CLIENT USED
#include "check.hpp"

struct gauge : hawser::behavior<gauge, hawser::on::open> {
  void on_open(hawser::context&, const hawser::open_info&) {}
};

CHECK(gauge, hawser::client<gauge>);
