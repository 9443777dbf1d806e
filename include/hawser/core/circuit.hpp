// Moved to <hawser/core/recovery/circuit.hpp>.
#pragma once

#include <hawser/core/recovery/circuit.hpp>
