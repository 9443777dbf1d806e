// Moved to <hawser/core/receipt/wire.hpp>.
#pragma once

#include <hawser/core/receipt/wire.hpp>
