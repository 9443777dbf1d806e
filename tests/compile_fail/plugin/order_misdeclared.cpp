// expect: listed_before and listed_after of a plug-in are public aliases
// expect: Plugin = gauge | <gauge>
// as: CLIENT
#include "check.hpp"

struct gauge : hawser::behavior<gauge, hawser::on::message> {
  using listed_after = right;  // no hawser::behaviors<...>
  hawser::verdict on_message(hawser::context&, const hawser::inbound&) {
    return hawser::verdict::pass;
  }
};

CHECK(gauge, hawser::client<right, gauge>);
