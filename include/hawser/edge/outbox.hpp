// Moved to <hawser/store/outbox.hpp>.
#pragma once

#include <hawser/store/outbox.hpp>
