// Moved to <hawser/store/ledger.hpp>.
#pragma once

#include <hawser/store/ledger.hpp>
