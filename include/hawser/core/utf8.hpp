// Moved to <hawser/core/text/utf8.hpp>.
#pragma once

#include <hawser/core/text/utf8.hpp>
