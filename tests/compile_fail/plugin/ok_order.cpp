// expect-ok
#include <hawser/behaviors/auth.hpp>
#include <hawser/behaviors/rate_limit.hpp>
#include <hawser/behaviors/subscriptions.hpp>
#include <hawser/hawser.hpp>

#include "check.hpp"

struct never_declared_whole;
struct watcher : hawser::behavior<watcher, hawser::on::error> {
  using listed_before = hawser::behaviors<hawser::reconnect, never_declared_whole>;
  hawser::reaction on_error(hawser::context&, const hawser::failure&) {
    return hawser::reaction::pass();
  }
};

// What no rule is about stands anywhere.
template <class... B>
using list = hawser::client<right, B...>;
static_assert(sizeof(list<>) != 0);
static_assert(sizeof(hawser::resilient_client<right>) != 0);
static_assert(sizeof(list<hawser::heartbeat, hawser::trace, watcher, hawser::reconnect,
                          hawser::subscriptions, hawser::rate_limit>) != 0);
static_assert(sizeof(list<hawser::trace, hawser::circuit_breaker, hawser::auth, hawser::recycle,
                          hawser::reconnect>) != 0);
static_assert(sizeof(list<hawser::recycle, hawser::auth, hawser::heartbeat>) != 0);
