// expect: hawser: on_<Hook> has a wrong argument or result
// expect: hawser::on::message
// expect: hawser::verdict(hawser::context&, const hawser::inbound&)
// expect: Plugin = gauge | <gauge>
// as: ASSERT CLIENT USED CHAIN
#include "check.hpp"

struct gauge : hawser::adapter<gauge, hawser::on::message> {
  hawser::verdict on_message(hawser::context&, std::string_view) { return hawser::handled; }
};

CHECK(gauge, hawser::client<gauge>);
