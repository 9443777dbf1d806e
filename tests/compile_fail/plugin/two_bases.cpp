// expect: hawser: a plug-in derives, publicly and once, from hawser::adapter<Self, ...>
// expect: Plugin = gauge | <gauge>
// as: ASSERT CLIENT
#include "check.hpp"

struct shared : hawser::behavior<shared, hawser::on::open> {
  void on_open(hawser::context&, const hawser::open_info&) {}
};
struct gauge : shared, hawser::behavior<gauge, hawser::on::drop> {
  void on_drop(hawser::context&, const hawser::drop_info&) {}
};

CHECK(gauge, hawser::client<right, gauge>);
