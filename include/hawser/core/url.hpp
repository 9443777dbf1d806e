// Moved to <hawser/core/text/url.hpp>.
#pragma once

#include <hawser/core/text/url.hpp>
