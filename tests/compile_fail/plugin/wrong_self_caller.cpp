// expect: hawser: the first argument of a plug-in's base must be the plug-in itself
// expect: Plugin = gauge | <gauge>
// as: ASSERT CLIENT USED CHAIN
#include <hawser/caller.hpp>

#include "check.hpp"

struct question {};
struct reading {};

struct gauge : hawser::adapter<gauge, hawser::on::message>,
               hawser::caller<right, question, reading> {
  hawser::verdict on_message(hawser::context&, const hawser::inbound&) { return hawser::handled; }
  hawser::result<hawser::send_id> on_call(hawser::context& c, hawser::call_id, const question&) {
    return c.send("question");
  }
};

CHECK(gauge, hawser::client<gauge>);
