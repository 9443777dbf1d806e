// expect: hawser: First must be listed before Second; see RightOrder
// expect: hawser::circuit_breaker, hawser::auth, hawser::reconnect>
// as: CLIENT
#include <hawser/behaviors/auth.hpp>
#include <hawser/hawser.hpp>

#include "check.hpp"

// Two mistakes, one error: what it shows mends both.
CHECK(
    hawser::auth,
    hawser::client<right, hawser::trace, hawser::reconnect, hawser::auth, hawser::circuit_breaker>);
