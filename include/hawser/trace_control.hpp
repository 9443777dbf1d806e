// The switch of the trace, for use while clients run.
#pragma once

#include <hawser/error.hpp>
#include <hawser/hook.hpp>
#include <hawser/log.hpp>

#include <atomic>
#include <chrono>
#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

namespace hawser {

/// All hooks of the table.
inline constexpr hook_mask every_hook = 0
#define HAWSER_EVERY_HOOK(NAME, RESULT, ARGUMENT, PASS) | bit(hook::NAME)
    HAWSER_HOOKS(HAWSER_EVERY_HOOK)
#undef HAWSER_EVERY_HOOK
    ;

/// The name of a hook in the table: "message".
std::string_view to_string(hook h) noexcept;

/// What is traced.
struct trace_settings {
  enum class state : std::uint8_t {
    automatic,  ///< what the log's threshold lets through
    on,         ///< whatever the log's threshold says, unless that is `off`
    off,        ///< nothing
  };
  state is = state::automatic;
  /// While it is on: `trace` everything, `info` no frames and no walks, `warn` slow hooks only.
  log_level level = log_level::trace;
  hook_mask hooks = every_hook;              ///< events of these hooks
  std::vector<std::string> plugins = {};     ///< what these do, at most 16; empty: all
  std::uint64_t link = 0;                    ///< on the link with this number; 0: any
  std::optional<std::size_t> payloads = {};  ///< bytes shown of each; empty: as trace::options says
  duration slow = std::chrono::milliseconds(10);  ///< a hook that takes longer is warned of

  /// "on hooks=message,sending plugins=reconnect link=3 payloads=64 slow=5ms", "auto" or "off":
  /// what trace_control::set() reads, without what is by default.
  std::string str() const;
  /// Whether what this plug-in does is told. A name counts as it is, and
  /// without namespace and template arguments.
  bool names(std::string_view plugin) const noexcept;
};

/// Turns tracing on and off, and filters it, while clients run that share it. Everything may be
/// called from any thread, and counts from the next event on. While it is off, an event costs one
/// load.
class trace_control {
 public:
  trace_control() { set(trace_settings{}); }
  explicit trace_control(trace_settings s) { set(std::move(s)); }

  void set(trace_settings s);
  /// Reads words separated by spaces: `on`, `off` or `auto`, then any of `hooks=`, `plugins=`
  /// (lists with commas), `link=`, `payloads=` (bytes), `slow=` (`500us`, `10ms`, `1s`; not 0) and,
  /// behind `on`, `level=` (`warn`, `info`,
  /// `debug`, `trace`). What is not said is as by default.
  /// errc::invalid_option: nothing was changed, and the detail says which word is wrong.
  result<void, error_info> set(std::string_view spec);
  /// On, with the filters that are set; if it is on, back to automatic. True: it is on now.
  bool toggle();

  trace_settings settings() const { return *current(); }
  std::string str() const { return current()->str(); }

  // For the trace.

  std::shared_ptr<const trace_settings> current() const;
  /// The hooks that are watched now, none if it is off; and automatic_bit.
  hook_mask watched() const noexcept { return watched_.load(std::memory_order_relaxed); }
  static constexpr hook_mask automatic_bit = hook_mask{1} << 31;
  static_assert((every_hook & automatic_bit) == 0);

 private:
  void put(std::shared_ptr<const trace_settings> s);

  std::atomic<hook_mask> watched_{0};
  mutable std::atomic_flag busy_;  // guards current_, for the moment of a copy
  std::shared_ptr<const trace_settings> current_;
};

/// Reads what trace_control::set() reads, into settings.
result<trace_settings, error_info> parse_trace_settings(std::string_view spec);

}  // namespace hawser
