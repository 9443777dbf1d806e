// expect: hawser: the first argument of a plug-in's base must be the plug-in itself
// expect: Plugin = gauge | <gauge>
// as: ASSERT CLIENT
#include "check.hpp"

struct gauge : hawser::message_handler<right> {
  hawser::verdict on_message(hawser::context&, const hawser::inbound&) { return hawser::handled; }
};

CHECK(gauge, hawser::client<right, gauge>);
