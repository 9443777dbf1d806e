// Moved to <hawser/core/text/authority.hpp>.
#pragma once

#include <hawser/core/text/authority.hpp>
