// Says what happens on the link, for the one who debugs it at 3 a.m.
#pragma once

#include <hawser/behavior.hpp>
#include <hawser/context.hpp>
#include <hawser/core/text/json_redact.hpp>
#include <hawser/hook_observer.hpp>
#include <hawser/trace_control.hpp>

namespace hawser {

struct auth;
struct circuit_breaker;
struct reconnect;

/// Writes every event of the link to the client's log_sink: attempts that begin, opens, logins that
/// are through, drops, failures and the client's end at `info`; subscriptions at `debug`; at
/// `trace` frames with direction, opcode, size and check sum, and who was asked about each event,
/// for how long, and who stopped it. Hooks are timed then, and those that take too long told at
/// `warn`. control() switches and filters it while the client runs; as at first, the log's
/// threshold decides. What is told of the link counts as done by the plug-in `trace`.
///
/// One failure is one line: what ended a link is told with its `drop`, why the client stopped with
/// the failure before it; the engine's own line is left out then.
///
/// Payloads appear only if `payloads` says how many bytes. The values of header fields and query
/// parameters whose name says that they are secret (is_secret), and tokens in subprotocols, never
/// do; in payloads that are JSON, what `redact` points at, and with `redact_named` members of such
/// names (is_secret_member) and parameters of URLs and forms (is_secret), in strings too, do not
/// either. What may hold those and is not one whole JSON text is not shown: a fragment, a payload
/// with a `{` in it, and with `redact` any other; nor is a Close, whose reason comes with the drop.
/// An echo of our credentials in a message is hidden by its name alone. The check sum is there
/// always: whoever reads the log can confirm a guess at a short payload by it.
///
/// While it is off, it costs a load a frame and a load an event; while the log decides, and wants
/// no trace, a look at its threshold a frame, too.
struct trace : behavior<trace, on::connecting, on::open, on::drop, on::ready, on::frame, on::error,
                        on::stopped, on::subscription>,
               hook_observer {
  /// Those answer what this must see.
  using listed_before = behaviors<auth, circuit_breaker, reconnect>;

  struct options {
    std::shared_ptr<trace_control> control = {};   ///< may be shared; empty: one of its own
    std::shared_ptr<log_sink> log = {};            ///< empty: the client's
    std::size_t payloads = 0;                      ///< bytes of each payload that are shown
    std::vector<std::string> redact = {};          ///< JSON pointers, such as "/params/0/secret"
    std::vector<std::string> redact_headers = {};  ///< more names, in any case
    bool redact_named = true;                      ///< members of JSON and of forms by name
    bool tell_stopped = true;                      ///< off: the program says itself why it ends
  };

  trace() : trace(options{}) {}
  explicit trace(options o);

  /// Switches this trace, from any thread.
  const std::shared_ptr<trace_control>& control() const noexcept { return options_.control; }

  result<void, error_info> validate() const;

  admission on_connecting(context& c, handshake& h);
  void on_open(context& c, const open_info& o);
  void on_drop(context& c, const drop_info& d);
  void on_ready(context& c, const ready_info& r);
  void on_frame(context& c, const frame_info& f) {
    const hook_mask m = switch_->watched();
    if ((m & trace_control::automatic_bit) != 0 && !look_at_log(c)) return;
    if ((m & bit(hook::frame)) != 0) write_frame(c, f);
  }
  reaction on_error(context& c, const failure& f);
  void on_stopped(context& c, const stop_info& s);
  void on_subscription(context& c, const subscription_event& s);

  bool watches(const context&, hook h) const noexcept override {
    const hook_mask m = switch_->watched();
    const bool wanted = (m & trace_control::automatic_bit) == 0 || log_wants_trace_;
    // Whether an attempt begins is known once all have been asked.
    return (m & bit(h)) != 0 && (wanted || h == hook::connecting);
  }
  bool tells(const context& c, const failure& f) const noexcept override;
  void walked(context& c, const event_sink& plugins, hook h,
              std::span<const hook_step> steps) override;

 private:
  class line;

  // What the log wants is asked at each frame, so that a message need not ask.
  bool look_at_log(const context& c) noexcept {
    const log_sink* to = destination(c);
    return log_wants_trace_ = to != nullptr && to->wants(log_level::trace);
  }
  log_sink* destination(const context& c) const noexcept {
    return options_.log ? options_.log.get() : c.sink();
  }
  std::string describe_attempt(const handshake& h) const;
  // By on_drop.
  bool was_told(const failure& f) const noexcept {
    return told_ && told_ == f.error && (f.at == phase::open || f.at == phase::closing);
  }
  void write_frame(context& c, const frame_info& f) const;
  void append_payload(std::string& out, const frame_info& f, std::size_t most) const;
  void append_header(std::string& out, const header& h) const;

  options options_;
  trace_control* switch_;  // options_.control: a frame should not cost a call without optimization
  json_redactor redactor_;
  bool log_wants_trace_ = false;
  handshake* attempt_ = nullptr;  // while the others are asked whether it may begin
  error_code told_ = {};          // the last failure, or end of a link, that was written; else none
  std::shared_ptr<const trace_settings> routes_told_;  // for which settings
};

}  // namespace hawser
