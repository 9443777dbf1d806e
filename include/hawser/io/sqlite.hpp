// Moved to <hawser/store/sqlite.hpp>.
#pragma once

#include <hawser/store/sqlite.hpp>
