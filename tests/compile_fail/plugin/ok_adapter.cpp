// expect-ok
// as: ASSERT CLIENT USED CHAIN
#include "check.hpp"

struct gauge : hawser::adapter<gauge, hawser::on::message> {
  hawser::verdict on_message(hawser::context&, const hawser::inbound&) { return hawser::handled; }
};

CHECK(gauge, hawser::client<gauge>);
