// expect: hawser: on_<Hook> has a wrong argument or result
// expect: hawser::on::message
// expect: hawser::verdict(hawser::context&, const hawser::inbound&)
// expect: Plugin = gauge | <gauge>
// as: ASSERT CLIENT
#include "check.hpp"

struct gauge : hawser::adapter<gauge, hawser::on::message> {
  static hawser::verdict on_message(hawser::context&, const hawser::inbound&) {
    return hawser::handled;
  }
};

CHECK(gauge, hawser::client<gauge>);
