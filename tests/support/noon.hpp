// The moment at which tests of the wall clock begin.
#pragma once

#include <hawser/time.hpp>

namespace hawser::test {

inline constexpr wall_ms noon = 1'800'000'000'000;  // 2027-01-15

}  // namespace hawser::test
