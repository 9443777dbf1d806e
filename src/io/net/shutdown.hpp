// How far a client is on its way from its start to its end.
#pragma once

#include <hawser/error.hpp>

#include <cstdint>
#include <functional>
#include <utility>

namespace hawser::io {

/// The stages of one run, each of which is reached once. A pure machine. On one strand.
class shutdown {
 public:
  enum class stage : std::uint8_t {
    running,    ///< or not started: nothing has ended
    finishing,  ///< links and mail are ended: somebody is still to be told
    finished,   ///< what lingers, and offloaded work, is awaited
    completed,  ///< nothing happens any more
  };

  /// `ended` is told of the end. False: the end came before the start.
  bool start(std::function<void(error_code)> ended) {
    started_ = true;
    ended_ = std::move(ended);
    return stage_ != stage::completed;
  }
  /// The end begins; whether it did not before. Ends with finished().
  bool finish() noexcept {
    const bool first = stage_ == stage::running;
    if (!completed()) stage_ = stage::finishing;
    return first;
  }
  void finished() noexcept {
    if (stage_ == stage::finishing) stage_ = stage::finished;
  }
  void complete() noexcept { stage_ = stage::completed; }
  /// Whoever is told may destroy the client.
  void tell(error_code result) {
    if (const auto f = std::exchange(ended_, nullptr)) f(result);
  }
  /// The client is gone: nobody is told.
  void abandon() noexcept {
    abandoned_ = true;
    ended_ = nullptr;
  }

  /// on_error threw, which ended it.
  void end_thrown(bool threw) noexcept { threw_ = threw; }

  bool started() const noexcept { return started_; }
  bool threw() const noexcept { return threw_; }
  /// Nothing is begun any more.
  bool ends() const noexcept { return stage_ >= stage::finishing; }
  /// It waits for nothing but what lingers.
  bool awaits_rest() const noexcept { return stage_ == stage::finished; }
  bool completed() const noexcept { return stage_ == stage::completed; }
  bool abandoned() const noexcept { return abandoned_; }

 private:
  stage stage_ = stage::running;
  bool started_ = false;
  bool abandoned_ = false;
  bool threw_ = false;
  std::function<void(error_code)> ended_;
};

}  // namespace hawser::io
