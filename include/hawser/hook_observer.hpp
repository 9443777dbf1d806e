// Watching a chain at work: who was asked, for how long, and who stopped the event.
#pragma once

#include <hawser/hook.hpp>

#include <optional>
#include <span>
#include <string_view>

namespace hawser {

class event_sink;

/// What one plug-in did with one event.
struct hook_step {
  enum class outcome : std::uint8_t { passed, stopped, threw };
  std::string_view plugin;            ///< its type, as the routing table names it
  std::optional<duration> took = {};  ///< empty: nobody gave a clock
  outcome what = outcome::passed;     ///< of a hook that notifies: passed or threw
};

/// A plug-in that derives from this watches the walks of its chain; one of a chain at most. It is
/// not told of its own hooks. A chain without one costs nothing more. On the client's strand.
class hook_observer {
 public:
  /// Whether this walk shall be watched. Asked before every event that anybody listed: cheap.
  virtual bool watches(const context& c, hook h) const noexcept = 0;
  /// Whether this plug-in writes, or wrote, of this failure to the client's log: then the engine
  /// does not. Asked before on_error; only of one that listed it.
  virtual bool tells(const context& c, const failure& f) const noexcept {
    (void)c, (void)f;
    return false;
  }
  /// A walk is over. `steps` holds, in order, who was asked; valid during the call.
  virtual void walked(context& c, const event_sink& plugins, hook h,
                      std::span<const hook_step> steps) = 0;

 protected:
  ~hook_observer() = default;
};

}  // namespace hawser
