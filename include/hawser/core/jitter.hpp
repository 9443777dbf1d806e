// Moved to <hawser/core/recovery/jitter.hpp>.
#pragma once

#include <hawser/core/recovery/jitter.hpp>
