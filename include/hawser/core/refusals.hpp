// Moved to <hawser/core/recovery/refusals.hpp>.
#pragma once

#include <hawser/core/recovery/refusals.hpp>
