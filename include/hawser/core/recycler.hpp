// Moved to <hawser/core/recovery/recycler.hpp>.
#pragma once

#include <hawser/core/recovery/recycler.hpp>
