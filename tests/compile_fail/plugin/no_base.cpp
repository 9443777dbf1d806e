// expect: hawser: a plug-in derives, publicly and once, from hawser::adapter<Self, ...>
// expect: Plugin = gauge | <gauge>
// as: ASSERT CLIENT USED CHAIN
#include "check.hpp"

struct gauge {
  hawser::verdict on_message(hawser::context&, const hawser::inbound&) { return hawser::handled; }
};

CHECK(gauge, hawser::client<gauge>);
