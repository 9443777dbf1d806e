// Moved to <hawser/core/explain/attempt_log.hpp>.
#pragma once

#include <hawser/core/explain/attempt_log.hpp>
