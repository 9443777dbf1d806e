// expect: hawser: Plugin derives from hawser::caller but has no member on_call
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
};

CHECK(gauge, hawser::client<gauge>);
