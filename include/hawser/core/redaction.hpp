// Moved to <hawser/core/text/redaction.hpp>.
#pragma once

#include <hawser/core/text/redaction.hpp>
