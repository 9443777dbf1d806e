// Moved to <hawser/core/explain/description.hpp>.
#pragma once

#include <hawser/core/explain/description.hpp>
