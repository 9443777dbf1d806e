// Moved to <hawser/core/recovery/credential.hpp>.
#pragma once

#include <hawser/core/recovery/credential.hpp>
