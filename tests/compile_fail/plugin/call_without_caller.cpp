// expect: hawser: Plugin has a member on_call but does not derive from hawser::caller
// expect: Plugin = gauge | <gauge>
// as: ASSERT CLIENT USED CHAIN
#include "check.hpp"

struct gauge : hawser::adapter<gauge, hawser::on::message> {
  hawser::verdict on_message(hawser::context&, const hawser::inbound&) { return hawser::handled; }
  hawser::result<hawser::send_id> on_call(hawser::context& c, hawser::call_id, const int&) {
    return c.send("question");
  }
};

CHECK(gauge, hawser::client<gauge>);
