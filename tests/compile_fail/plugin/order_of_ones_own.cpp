// expect: hawser: First must be listed before Second; see RightOrder
// expect: First = watcher; Second | <watcher, hawser::reconnect,
// expect: hawser::behaviors<hawser::trace, watcher, hawser::reconnect>
// as: CLIENT USED
#include <hawser/behaviors/reconnect.hpp>
#include <hawser/behaviors/trace.hpp>

#include "check.hpp"

struct watcher : hawser::behavior<watcher, hawser::on::error> {
  using listed_after = hawser::behaviors<hawser::trace>;
  using listed_before = hawser::behaviors<hawser::reconnect>;
  hawser::reaction on_error(hawser::context&, const hawser::failure&) {
    return hawser::reaction::pass();
  }
};

CHECK(watcher, hawser::client<right, hawser::trace, hawser::reconnect, watcher>);
