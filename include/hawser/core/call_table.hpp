// Moved to <hawser/core/ws/call_table.hpp>.
#pragma once

#include <hawser/core/ws/call_table.hpp>
