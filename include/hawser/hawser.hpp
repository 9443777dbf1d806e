// Everything that one who derives an adapter needs.
#pragma once

#include <hawser/adapter.hpp>
#include <hawser/behavior.hpp>
#include <hawser/behaviors/heartbeat.hpp>
#include <hawser/behaviors/reconnect.hpp>
#include <hawser/behaviors/trace.hpp>
#include <hawser/caller.hpp>
#include <hawser/client.hpp>

namespace hawser {

/// The recommended stack around an adapter.
template <class Adapter>
using resilient_client = client<Adapter, trace, heartbeat, reconnect>;

}  // namespace hawser
