// expect: hawser: the first argument of a plug-in's base must be the plug-in itself
// expect: Plugin = gauge | <gauge>
// as: ASSERT CLIENT
#include "check.hpp"

struct gauge : hawser::auth_handler<right> {
  hawser::grant on_authenticate(hawser::context&, hawser::auth_request&) {
    return hawser::grant::ready();
  }
};

CHECK(gauge, hawser::client<right, gauge>);
