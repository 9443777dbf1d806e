// expect: hawser: Plugin lists Hook but has no member on_<Hook>
// expect: hawser::on::message
// expect: hawser::verdict(hawser::context&, const hawser::inbound&)
// expect: Plugin = gauge | <gauge>
// as: ASSERT CLIENT USED CHAIN
#include "check.hpp"

struct gauge : hawser::adapter<gauge, hawser::on::message> {
  hawser::verdict on_mesage(hawser::context&, const hawser::inbound&) { return hawser::handled; }
};

CHECK(gauge, hawser::client<gauge>);
