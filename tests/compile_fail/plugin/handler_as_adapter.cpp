// expect: hawser: the first argument of client<> is the adapter
// expect: Adapter = gauge | <gauge>
// as: CLIENT USED
#include "check.hpp"

struct gauge : hawser::message_handler<gauge> {
  hawser::verdict on_message(hawser::context&, const hawser::inbound&) { return hawser::handled; }
};

CHECK(gauge, hawser::client<gauge>);
