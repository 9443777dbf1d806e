// expect: hawser: First must be listed before Second; see RightOrder
// expect: First = hawser::trace; Second | <hawser::trace, hawser::circuit_breaker,
// as: CLIENT
#include <hawser/hawser.hpp>

#include "check.hpp"

CHECK(hawser::trace,
      hawser::client<right, hawser::circuit_breaker, hawser::reconnect, hawser::trace>);
