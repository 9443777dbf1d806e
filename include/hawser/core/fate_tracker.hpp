// Moved to <hawser/core/ws/fate_tracker.hpp>.
#pragma once

#include <hawser/core/ws/fate_tracker.hpp>
