// Moved to <hawser/core/recovery/barren_links.hpp>.
#pragma once

#include <hawser/core/recovery/barren_links.hpp>
