// expect: hawser: Plugin lists Hook but has no member on_<Hook>
// expect: hawser::on::authenticate
// expect: hawser::grant(hawser::context&, hawser::auth_request&)
// expect: Plugin = gauge | <gauge>
// as: ASSERT CLIENT
#include "check.hpp"

struct gauge : hawser::auth_handler<gauge> {};

CHECK(gauge, hawser::client<right, gauge>);
