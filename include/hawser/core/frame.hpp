// Moved to <hawser/core/ws/frame.hpp>.
#pragma once

#include <hawser/core/ws/frame.hpp>
