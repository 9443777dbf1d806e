// expect: hawser: Plugin lists Hook but has no member on_<Hook>
// expect: hawser::on::message
// expect: hawser::verdict(hawser::context&, const hawser::inbound&)
// expect: Plugin = gauge | <gauge>
// as: ASSERT CLIENT USED CHAIN
#include "check.hpp"

struct gauge : hawser::adapter<gauge>, hawser::message_handler<gauge> {};

CHECK(gauge, hawser::client<gauge>);
