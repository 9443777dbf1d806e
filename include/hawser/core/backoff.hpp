// Moved to <hawser/core/recovery/backoff.hpp>.
#pragma once

#include <hawser/core/recovery/backoff.hpp>
