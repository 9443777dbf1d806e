// Keeps what explain() needs: how far the last attempt came, how long each step took, why it ended.
#pragma once

#include <hawser/core/explain/explanation.hpp>

#include <memory>
#include <utility>

namespace hawser {

/// Fed by the engine at each change of phase, never on the data path. A pure machine: the caller
/// says what the time is. Not thread-safe.
class attempt_log {
 public:
  /// `secure`: the TLS step is one of its steps.
  void configure(std::string endpoint, bool secure);

  /// The client is in this phase. Called again for the same phase it changes nothing but `until`:
  /// in `waiting`, when the next attempt begins.
  void entered(phase p, time_point now, time_point until = never);
  /// The attempt, whose credentials were awaited, is not made: the one before it is the last.
  void put_off() noexcept;
  /// The attempt that was under way, or the open link, ended like this.
  void failed(cause c, time_point now);
  /// An attempt at the open link's successor ended like this.
  void successor_failed(cause c) { earlier_ones().successor = std::move(c); }
  /// The link is open. `login`: it is not usable before ready().
  void opened(std::uint64_t link, bool login, time_point now);
  void ready(time_point now);
  /// A successor has taken over from the open link, without a gap; or could not stay: its
  /// predecessor is the client's again.
  void moved(std::uint64_t link, time_point now);
  /// The predecessor does not come back.
  void recycled() noexcept { forget_successor(); }

  explanation explain(time_point now) const;

 private:
  struct span {
    step_record::state what = step_record::state::not_reached;
    time_point began = {};
    time_point ended = {};
  };

  using spans = std::array<span, attempt_steps>;

  struct past {
    std::uint64_t number = 0;
    time_point began = {};
    time_point ended = {};
    bool replaced = false;
    cause why = {};
  };

  // Of what is over. Most of many idle clients have had one attempt and one link.
  struct earlier {
    spans before{};  // of the attempt before this one
    std::optional<cause> last;
    std::optional<cause> successor;
    std::optional<past> link;   // the last one that has ended
    std::optional<past> saved;  // the one before it, until a successor took over: its predecessor
                                // may come back
  };

  void begin(attempt_step s, time_point now);
  void end(attempt_step s, step_record::state how, time_point now);
  void leave(time_point now);
  void keep_spans();
  void end_running(step_record::state how, time_point now);
  earlier& earlier_ones() {
    if (!earlier_) earlier_ = std::make_unique<earlier>();
    return *earlier_;
  }
  void forget_successor() noexcept {
    if (earlier_) earlier_->successor.reset();
  }
  span& of(attempt_step s) noexcept { return spans_[static_cast<std::size_t>(s)]; }
  const span& of(attempt_step s) const noexcept { return spans_[static_cast<std::size_t>(s)]; }

  std::string endpoint_;
  bool secure_ = false;
  bool open_ = false;
  bool ready_ = false;
  phase phase_ = phase::idle;
  std::uint64_t link_ = 0;
  std::uint64_t attempts_ = 0;
  time_point since_ = never;  // never: not started
  time_point next_ = never;
  spans spans_{};
  experience seen_;
  time_point opened_ = {};  // the open link
  std::unique_ptr<earlier> earlier_;
};

}  // namespace hawser
