// Moved to <hawser/core/text/json_text.hpp>.
#pragma once

#include <hawser/core/text/json_text.hpp>
