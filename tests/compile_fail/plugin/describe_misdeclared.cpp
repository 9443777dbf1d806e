// expect: hawser: expected `void describe(hawser::description&) const`
// expect: gauge
// as: CLIENT CHAIN
#include "check.hpp"

struct gauge : hawser::adapter<gauge, hawser::on::message> {
  void describe() const {}
  hawser::verdict on_message(hawser::context&, const hawser::inbound&) { return hawser::handled; }
};

CHECK(gauge, hawser::client<gauge>);
