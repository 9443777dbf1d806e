// expect: hawser: First must be listed before Second; see RightOrder
// expect: First = hawser::trace; Second | <hawser::trace, hawser::reconnect,
// expect: hawser::behaviors<hawser::trace, hawser::reconnect>
// as: CLIENT USED
#include <hawser/behaviors/reconnect.hpp>
#include <hawser/behaviors/trace.hpp>

#include "check.hpp"

CHECK(hawser::trace, hawser::client<right, hawser::reconnect, hawser::trace>);
