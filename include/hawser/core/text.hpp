// Moved to <hawser/core/text/text.hpp>.
#pragma once

#include <hawser/core/text/text.hpp>
