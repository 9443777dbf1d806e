// expect: hawser: the first argument of a plug-in's base must be the plug-in itself
// expect: Plugin = gauge | <gauge>
// as: ASSERT CLIENT
#include "check.hpp"

struct gauge : hawser::error_handler<right> {
  hawser::reaction on_error(hawser::context&, const hawser::failure&) {
    return hawser::reaction::pass();
  }
};

CHECK(gauge, hawser::client<right, gauge>);
