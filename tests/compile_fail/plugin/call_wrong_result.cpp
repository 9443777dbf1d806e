// expect: hawser: on_call has a wrong argument or result
// expect: long unsigned int, const question& | unsigned long, const question&
// expect: Plugin = gauge | <gauge
// as: ASSERT CLIENT USED CHAIN
#include <hawser/caller.hpp>

#include "check.hpp"

struct question {};
struct reading {};

struct gauge : hawser::adapter<gauge, hawser::on::message>,
               hawser::caller<gauge, question, reading> {
  hawser::verdict on_message(hawser::context&, const hawser::inbound&) { return hawser::handled; }

  void on_call(hawser::context& c, hawser::call_id, const question&) { (void)c.send("question"); }
};

CHECK(gauge, hawser::client<gauge>);
