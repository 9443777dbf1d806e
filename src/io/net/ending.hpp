// How a link ends: the closing handshake, its deadlines, and the end of TCP behind it.
#pragma once

#include <hawser/hook.hpp>

#include <memory>
#include <optional>
#include <string>

namespace hawser::io {

/// A Close that somebody wants.
struct close_request {
  close_code code = close_code::normal;
  std::string reason;
  bool asked = false;  ///< by a plug-in or the program, not by the client itself
};

/// The end of one link (RFC 6455 section 7): a pure machine, which says what is to be done. Not
/// thread-safe.
class ending {
 public:
  enum class state : std::uint8_t {
    none,       ///< nobody ends it
    postponed,  ///< a close waits until it is the link's turn
    began,      ///< our Close came first
    lingering,  ///< it is over for everybody above, TCP is ended properly
    released,   ///< nothing is left of it
  };
  enum class action : std::uint8_t {
    none,      ///< the first Close goes out
    close,     ///< begin the closing handshake
    postpone,  ///< it is remembered, see resume()
    moot,      ///< there is nothing to close any more: it may concern the client
  };

  /// `limit`: of the closing handshake, and of lingering.
  explicit ending(duration limit) noexcept : limit_(limit) {}

  /// Somebody wants a Close. `closing`: a Close was sent or came; `waits`: it is another link's
  /// turn. Of two the code of the first goes out; who wants the end of the client gets it
  /// nevertheless.
  action want(close_request r, bool closing, bool waits, time_point now);
  /// The close that was postponed, if there is one: it is this link's turn, or another one's.
  std::unique_ptr<close_request> resume() noexcept;

  /// The peer's Close came. Its reason as it may be shown.
  void got_close(close_code code, std::string reason);
  /// What that means for the next attempt: most codes say no more than that the link is over, and
  /// an answer to a Close of ours that asked for the end says no more than that it has come.
  errc outcome() const noexcept;
  /// "the peer's Close frame: 1001 bye".
  std::string describe() const;

  /// The link is no longer usable. False: it was over already.
  bool end(time_point now) noexcept;
  void release() noexcept;
  /// What on_drop is told of it. `answered`: both Closes were exchanged.
  void tell(drop_info& to, bool answered) const noexcept;

  state current() const noexcept { return state_; }
  bool over() const noexcept { return state_ >= state::lingering; }
  bool lingering() const noexcept { return state_ == state::lingering; }
  bool released() const noexcept { return state_ == state::released; }
  /// Our Close came first.
  bool began() const noexcept { return state_ == state::began; }
  /// Until when it has to be released; what ends does so before stop()'s time is over.
  time_point deadline(bool closing, time_point stop) const noexcept;

 private:
  const duration limit_;
  state state_ = state::none;
  std::optional<close_code> own_;  // that was asked for
  std::optional<close_code> peers_;
  time_point deadline_ = never;
  std::string reason_;  // the peer's
  std::unique_ptr<close_request> postponed_;
};

}  // namespace hawser::io
