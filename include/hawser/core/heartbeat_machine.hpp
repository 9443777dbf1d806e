// Moved to <hawser/core/recovery/heartbeat_machine.hpp>.
#pragma once

#include <hawser/core/recovery/heartbeat_machine.hpp>
