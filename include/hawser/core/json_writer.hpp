// Moved to <hawser/core/text/json_writer.hpp>.
#pragma once

#include <hawser/core/text/json_writer.hpp>
