// The moment at which tests of the wall clock begin.
#pragma once

#include <hawser/governor/types.hpp>

namespace hawser::testing {

inline constexpr governor::wall_ms noon = 1'800'000'000'000;  // 2027-01-15

}  // namespace hawser::testing
