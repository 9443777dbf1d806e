// Moved to <hawser/core/ws/lifecycle.hpp>.
#pragma once

#include <hawser/core/ws/lifecycle.hpp>
