// expect: hawser: Plugin lists Hook but has no member on_<Hook>
// expect: hawser::on::error
// expect: hawser::reaction(hawser::context&, const hawser::failure&)
// expect: Plugin = gauge | <gauge>
// as: ASSERT CLIENT
#include "check.hpp"

struct gauge : hawser::error_handler<gauge> {};

CHECK(gauge, hawser::client<right, gauge>);
