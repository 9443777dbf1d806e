// expect: hawser: on_<Hook> has a wrong argument or result
// expect: hawser::on::open
// expect: void(hawser::context&, const hawser::open_info&)
// expect: Plugin = gauge | <gauge>
// as: ASSERT CLIENT
#include "check.hpp"

struct gauge : hawser::behavior<gauge, hawser::on::open> {
  std::function<void(hawser::context&, const hawser::open_info&)> on_open;
};

CHECK(gauge, hawser::client<right, gauge>);
