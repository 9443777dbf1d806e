// expect: hawser: on_<Hook> is private, overloaded or a template
// expect: hawser::on::message
// expect: hawser::verdict(hawser::context&, const hawser::inbound&)
// expect: Plugin = gauge | <gauge>
// as: ASSERT CLIENT
#include "check.hpp"

struct gauge : hawser::adapter<gauge, hawser::on::message> {
  template <class M>
  hawser::verdict on_message(hawser::context&, const M&) {
    return hawser::handled;
  }
};

CHECK(gauge, hawser::client<gauge>);
