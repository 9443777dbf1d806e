// What a client has seen, for explain() and snapshot().
#pragma once

#include <hawser/core/explain/attempt_log.hpp>
#include <hawser/core/explain/description.hpp>
#include <hawser/io/engine.hpp>

#include <mutex>
#include <string>
#include <vector>

namespace hawser::io {

/// Written by the strand at each change of phase, never on the data path; read by any thread.
class history {
 public:
  // Read from any thread.

  client_snapshot snapshot() const;
  /// Of the last failure, in words.
  std::string detail() const;
  /// The state, and what the plug-ins said of themselves: whoever of them lets an attempt wait
  /// longest decides when the next one is.
  explanation explain(time_point now) const;

  // Written on the strand.

  void configure(const std::string& where, bool secure);
  /// The last failure.
  void remember(error_code ec, std::string detail);
  /// A dial begins.
  void dials();
  /// The attempt is not made.
  void put_off();
  /// An attempt or a link failed.
  void failed(cause c, bool successor, time_point now);
  /// What failed before there was an attempt.
  void refused(error_code ec, time_point now);

  /// The number of a link that opens now. `current`: it is the client's.
  std::uint64_t number_link(bool current);
  /// Whether there is a login is known only once announced() was called.
  void opened(std::uint64_t link, time_point now);
  void announced() noexcept { announcing_ = false; }
  void ready(std::uint64_t link, time_point now);
  /// Another link is the client's: `fresh`, its own attempt led to it, `login` if that is not
  /// through; else it was moved to without a gap, or back.
  void moved(std::uint64_t link, time_point now);
  void failed_over(std::uint64_t link, bool login, time_point now);
  /// The successor has taken over, after writes were held for so long.
  void recycled(duration held);

  /// The client is in this phase; until then, if it waits.
  void entered(phase p, time_point until, time_point now);
  /// The same, and nothing follows at once. Whether the plug-ins are to be asked what they say of
  /// themselves: once they have decided something, while an attempt is awaited and at the end. An
  /// open link needs no explanation, and many of them no memory for it.
  bool settled(phase p, time_point until, time_point now);
  /// What they said.
  void describe(std::vector<description> said);
  /// The number of the current or last link; on the strand.
  std::uint64_t link() const noexcept { return snapshot_.link; }

 private:
  phase recorded_ = phase::idle;  // in which the plug-ins were asked last
  time_point recorded_until_ = never;
  bool announcing_ = false;  // on_open is being called
  mutable std::mutex mutex_;
  client_snapshot snapshot_;
  std::string detail_;
  attempt_log log_;
  std::vector<description> described_;
};

}  // namespace hawser::io
