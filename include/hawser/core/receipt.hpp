// Moved to <hawser/core/receipt/receipt.hpp>.
#pragma once

#include <hawser/core/receipt/receipt.hpp>
