// expect: hawser: First must be listed before Second; see RightOrder
// expect: First = hawser::recycle; Second | <hawser::recycle, hawser::reconnect,
// as: CLIENT
#include <hawser/hawser.hpp>

#include "check.hpp"

CHECK(hawser::recycle, hawser::client<right, hawser::reconnect, hawser::recycle>);
