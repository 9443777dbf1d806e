// Moved to <hawser/core/receipt/cbor.hpp>.
#pragma once

#include <hawser/core/receipt/cbor.hpp>
