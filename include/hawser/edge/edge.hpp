// Governors, their outbox and the uplink in one object: what a gateway embeds.
#pragma once

#include <hawser/governor/types.hpp>
#include <hawser/options.hpp>
#include <hawser/store/outbox.hpp>
#include <hawser/trace_control.hpp>

#include <functional>
#include <memory>
#include <string>
#include <vector>

namespace hawser {
namespace io {
class environment;
}

/// A transition that is on disk.
struct transition {
  std::string stream;  ///< device/kind/id
  std::uint64_t seq = 0;
  governor::cause why = governor::cause::event;
  governor::step step;
  std::string key;  ///< of the event; empty: none
};

/// What became of an event. `json` is the whole answer as one line without a line feed; the other
/// fields are what a program decides by.
struct answer {
  bool ok = false;
  bool repeated = false;  ///< the key was applied before: this is what was answered then
  bool differs = false;   ///< `repeated`, but then the key came with another body
  /// "quota_exceeded"; empty: none. "store_failed": this call did nothing. "in_doubt": it may be in
  /// the store all the same, so repeat it with its key. "governor_damaged": what the store has of
  /// this governor is not what was written, and this call did nothing. "answer_damaged": the event
  /// of this key was applied, what it was answered is lost.
  std::string error;
  std::string json;
};

/// The clocks of an edge's governors, asked from several threads. Tests bring their own.
struct edge_clocks {
  std::function<wall_ms()> wall;
  std::function<time_point()> monotonic;
};

struct edge_options {
  std::string device;  ///< its name at the cloud: 1 to 1024 bytes of UTF-8, no control characters
  /// The outbox, made if missing: a file, and `store`.id beside it says it was here.
  std::string store;
  options uplink = {};  ///< `url` empty: no uplink, receipts wait
  std::function<std::string()> token =
      {};  ///< bearer token, asked before every dial; uplink strand
  /// Ping after so much silence; the link is dead after as much again, at most 10 s.
  duration heartbeat = std::chrono::seconds(30);
  duration backoff_base = std::chrono::seconds(1);
  duration backoff_cap = std::chrono::seconds(30);
  /// The first pause after what waiting alone does not heal, such as a wrong token, doubled up to
  /// 15 times as long and 24 h; also the longest that a cloud can ask for when it says goodbye.
  duration slow_retry = std::chrono::minutes(1);
  std::uint64_t backoff_seed = 0;  ///< 0: differs by process
  outbox_limits limits = {};
  std::size_t queued = 16 * 1024;  ///< events that wait to be applied: errc::mailbox_full
  /// Beside the built-in ones. Their names have no '/' and are not "device".
  std::vector<const governor::kind*> kinds = {};
  std::shared_ptr<log_sink> log = {};
  std::shared_ptr<trace_control> trace = {};  ///< switches the uplink's trace; empty: as `log` says
  /// Where callbacks and answers run: it is given a task and runs it elsewhere, soon, one after the
  /// other in their order; called on the writer's thread, must not block. hawser::run_on
  /// (<hawser/asio.hpp>) makes one of an executor. What it was given may run after stop(). Empty:
  /// on the writer's thread.
  std::function<void(std::function<void()>)> executor = {};
  edge_clocks clocks = {};  ///< empty: those of the environment
  /// Makes the outbox of `store`; empty: a SQLite file of this name, by the environment's file
  /// system.
  outbox_factory make_store = {};
  bool require_store = false;  ///< refuse where none is: as in outbox_options
  /// Time, chance, the network, and who runs the writer and the uplink; empty: the system's. What
  /// is said of threads below is said of that one.
  std::shared_ptr<io::environment> environment = {};
};

/// An edge: applies events to governors, keeps every transition as a receipt on disk before anybody
/// is told of it, and sends the receipts to the cloud whenever there is a link. Without a cloud it
/// goes on answering.
///
/// Threads: one writes the store and runs the governors, one runs the uplink. After start(),
/// everything may be called from any thread; the callbacks run on the writer's thread, must not
/// block it for long, and must not call drain() or stop(). With edge_options::executor they
/// run there instead.
class edge {
 public:
  explicit edge(edge_options o);
  /// stop(0)
  ~edge();
  edge(const edge&) = delete;
  edge& operator=(const edge&) = delete;

  /// Called for every transition, in order, once it is on disk and before its event is answered.
  /// Set before start().
  void on_transition(std::function<void(const transition&)> f);
  /// Called when the ledger has committed a stream up to `seq`, once that is on disk. Set before
  /// start().
  void on_acknowledged(std::function<void(const std::string& stream, std::uint64_t seq)> f);

  /// Opens the store, restores the governors, starts the threads. Errors as open_outbox says, or
  /// what validate() says of the uplink; `error` says what, in words. A governor that is damaged in
  /// the store is told (`ALARM`) and left out. A damaged outbox was moved aside: then the device's
  /// stream, device/"device", begins with receipts that name the old heads; where the outbox is
  /// gone, with one that names its epoch. Once.
  result<void, error_info> start();

  /// Applies an event; `done` is called when its receipt is on disk, or with a refusal. Answers
  /// come in the order of the calls. errc::mailbox_full; errc::stopped, also before start(): then
  /// `done` is not called.
  result<void> apply(governor::event e, std::function<void(const answer&)> done);
  /// Puts an answer into the order of answers without an event: for input that is none.
  result<void> answer_in_order(std::string json, std::function<void(const answer&)> done);

  /// Receipts that the ledger has not acknowledged, as of the last group.
  std::uint64_t pending() const noexcept;
  /// Waits until every event accepted so far is applied and every receipt acknowledged, at most
  /// `limit`; whether it is so.
  bool drain(duration limit);
  /// Applies what was accepted, waits for acknowledgments as drain() does, then ends. Returns how
  /// many receipts are still pending; they are kept. A second call has no effect and does not wait.
  std::uint64_t stop(duration drain_limit);
  /// Moves the uplink to a fresh connection without a gap (context::recycle), such as after its
  /// credentials have changed. No effect without an open link.
  void recycle();
  /// Makes drain(), and stop() in its wait for acknowledgments, return at once, now and later.
  void hurry();

 private:
  class impl;
  std::unique_ptr<impl> impl_;
};

}  // namespace hawser
