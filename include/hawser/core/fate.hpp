// Moved to <hawser/core/ws/fate.hpp>.
#pragma once

#include <hawser/core/ws/fate.hpp>
