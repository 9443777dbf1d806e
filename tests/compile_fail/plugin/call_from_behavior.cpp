// expect: hawser: only an adapter derives from hawser::caller
// expect: Plugin = gauge | <gauge
// as: ASSERT CLIENT USED CHAIN
#include <hawser/caller.hpp>

#include "check.hpp"

struct question {};
struct reading {};

struct gauge : hawser::behavior<gauge, hawser::on::message>,
               hawser::caller<gauge, question, reading> {
  hawser::verdict on_message(hawser::context&, const hawser::inbound&) { return hawser::handled; }
  hawser::result<hawser::send_id> on_call(hawser::context& c, hawser::call_id, const question&) {
    return c.send("question");
  }
};

CHECK(gauge, hawser::client<right, gauge>);
