// expect: hawser: expected `result<void, error_info> validate() const`
// expect: gauge
// as: CLIENT CHAIN
#include "check.hpp"

struct gauge : hawser::adapter<gauge, hawser::on::message> {
  hawser::result<void> validate() const { return {}; }
  hawser::verdict on_message(hawser::context&, const hawser::inbound&) { return hawser::handled; }
};

CHECK(gauge, hawser::client<gauge>);
