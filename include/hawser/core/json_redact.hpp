// Moved to <hawser/core/text/json_redact.hpp>.
#pragma once

#include <hawser/core/text/json_redact.hpp>
