// Moved to <hawser/core/receipt/outbox_window.hpp>.
#pragma once

#include <hawser/core/receipt/outbox_window.hpp>
