// Moved to <hawser/core/recovery/retry_budget.hpp>.
#pragma once

#include <hawser/core/recovery/retry_budget.hpp>
