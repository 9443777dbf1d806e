// Moved to <hawser/core/recovery/subscription_registry.hpp>.
#pragma once

#include <hawser/core/recovery/subscription_registry.hpp>
