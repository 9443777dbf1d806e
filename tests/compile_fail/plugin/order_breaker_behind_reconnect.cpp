// expect: hawser: First must be listed before Second; see RightOrder
// expect: First = hawser::circuit_breaker; Second | <hawser::circuit_breaker, hawser::reconnect,
// expect: hawser::heartbeat, hawser::circuit_breaker, hawser::reconnect>
// as: CLIENT USED
#include <hawser/hawser.hpp>

#include "check.hpp"

CHECK(hawser::circuit_breaker, hawser::client<right, hawser::trace, hawser::heartbeat,
                                              hawser::reconnect, hawser::circuit_breaker>);
