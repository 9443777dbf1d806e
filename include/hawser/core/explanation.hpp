// Moved to <hawser/core/explain/explanation.hpp>.
#pragma once

#include <hawser/core/explain/explanation.hpp>
