// expect: hawser: a plug-in is a class
// expect: Plugin = int | <int>
// as: ASSERT CLIENT
#include "check.hpp"

using gauge = int;

CHECK(gauge, hawser::client<right, gauge>);
