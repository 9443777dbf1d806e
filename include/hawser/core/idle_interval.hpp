// Moved to <hawser/core/recovery/idle_interval.hpp>.
#pragma once

#include <hawser/core/recovery/idle_interval.hpp>
