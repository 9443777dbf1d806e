// expect: hawser: Plugin lists Hook but has no member on_<Hook>
// expect: hawser::on::open
// expect: void(hawser::context&, const hawser::open_info&)
// expect: Plugin = gauge | <gauge>
// as: ASSERT CLIENT USED CHAIN
#include "check.hpp"

struct gauge : hawser::behavior<gauge, hawser::on::open> {};

CHECK(gauge, hawser::client<right, gauge>);
