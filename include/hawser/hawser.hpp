// Everything that one who derives an adapter needs.
#pragma once

#include <hawser/adapter.hpp>
#include <hawser/behavior.hpp>
#include <hawser/behaviors/circuit_breaker.hpp>
#include <hawser/behaviors/heartbeat.hpp>
#include <hawser/behaviors/reconnect.hpp>
#include <hawser/behaviors/recycle.hpp>
#include <hawser/behaviors/trace.hpp>
#include <hawser/caller.hpp>
#include <hawser/client.hpp>
#include <hawser/version.hpp>

namespace hawser {

/// The recommended stack around an adapter. The order matters where a hook decides, because it
/// stops at the first plug-in that does not pass. on_error: reconnect answers whatever can be
/// retried, so it is last, and recycle and circuit_breaker see the errors before it.
/// on_connecting: an attempt that circuit_breaker makes wait is not paid from reconnect's budget.
/// trace is first: it sees everything, and stops nothing. A list that breaks such a rule does not
/// compile (listed_before).
template <class Adapter>
using resilient_client = client<Adapter, trace, heartbeat, recycle, circuit_breaker, reconnect>;

}  // namespace hawser
