// expect: hawser: a plug-in derives, publicly and once, from hawser::adapter<Self, ...>
// expect: Plugin = gauge | <gauge>
// as: ASSERT CLIENT
#include "check.hpp"

class gauge : hawser::adapter<gauge, hawser::on::message> {
 public:
  hawser::verdict on_message(hawser::context&, const hawser::inbound&) { return hawser::handled; }
};

CHECK(gauge, hawser::client<gauge>);
