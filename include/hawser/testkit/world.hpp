// A network of one peer and a clock that only the test moves.
#pragma once

#include <hawser/hook_argument.hpp>
#include <hawser/io/loop.hpp>
#include <hawser/log.hpp>
#include <hawser/testkit/fault.hpp>

#include <memory>
#include <string>
#include <string_view>
#include <vector>

namespace hawser::testkit {

/// A frame that the peer got, unmasked and whole: text, binary, ping or close. The data of a close
/// is its code and reason in words: "1000 bye".
struct received_frame {
  std::uint64_t link = 0;
  opcode op = opcode::text;
  std::string data;
};

/// What surrounds one client in a test: virtual time and a scripted peer that speaks real HTTP and
/// real frames over memory. Nothing happens between its calls; each returns once the client rests.
/// What comes from other threads is carried out by the next call.
/// Used on one thread; worlds of one thread end in the reverse order of their beginning. A client
/// that never rests (it dials again without a delay, for ever) throws std::logic_error.
///
/// Where a call takes a link, that is its number, from 1; 0 is the newest that is open. What has no
/// such link does nothing and answers false.
class world {
 public:
  world();
  ~world();
  world(const world&) = delete;
  world& operator=(const world&) = delete;

  // Time. It begins 1000 s after the latest of any world before, for the sake of what a test lets
  // them share, and never runs by itself.
  time_point now() const noexcept;
  /// Lets so much time pass; what is due on the way happens at its time.
  void advance(duration d);
  /// For a hook, or whatever else runs in the client: it has taken so long. What becomes due
  /// meanwhile happens once it has returned.
  void elapse(duration d);
  /// Lets what is due now happen: wanted after a call of the client's own methods.
  void settle();

  // What the peer does on an open link. It answers pings and Closes by itself.
  bool peer_sends(std::string_view text, std::uint64_t link = 0);
  bool peer_sends(bytes_view data, std::uint64_t link = 0);
  bool peer_pings(std::string_view payload = {}, std::uint64_t link = 0);
  bool peer_closes(close_code code = close_code::normal, std::string_view reason = {},
                   std::uint64_t link = 0);
  /// Bytes as they are, for what is no frame.
  bool peer_writes(bytes_view raw, std::uint64_t link = 0);
  /// Ends the link without a Close: errc::dropped is an orderly end of TCP, another error is what
  /// the socket reports.
  bool drop(error_code why = errc::dropped, std::uint64_t link = 0);
  /// While on, the peer neither reads nor answers, as behind a dead NAT: what is written to it is
  /// kept until it wakes.
  bool peer_sleeps(bool on = true, std::uint64_t link = 0);
  /// While on, the client's socket takes no byte.
  bool block_writes(bool on = true, std::uint64_t link = 0);

  // What becomes of the next attempts, each in its turn; without a plan they succeed.
  /// The upgrade is answered with this status.
  void refuse(int status, std::vector<header> headers = {}, std::string body = {});
  /// The upgrade is answered with these bytes, whatever they are, and the connection stays.
  void answer_next(std::string bytes);
  /// The attempt fails in that phase: resolving, connecting, securing (of wss://), upgrading, or
  /// authenticating, if a plug-in lists on::authenticate: then what it granted was for nothing.
  void fail_next(phase at, error_code why);
  /// The attempt stays in that phase until its deadline.
  void stall_next(phase at);
  /// The phase lasts so long and succeeds; its deadline may come first.
  void delay_next(phase at, duration d);
  /// Forgets the plans.
  void serve() noexcept;
  /// What the peer chooses from now on; without it, the first that the client offers.
  void choose(std::string subprotocol);
  /// Counts the steps, and fails the one that it names; see fail_at_each_step.
  void inject(fault f);

  // What came of it.
  /// The text and binary messages that the peer got since the last call, over all links.
  std::vector<std::string> sent();
  /// Every frame that it got.
  const std::vector<received_frame>& received() const noexcept;
  /// The upgrade requests, refused ones too.
  const std::vector<handshake>& requests() const noexcept;
  /// What was logged, if the client's options name no sink of their own.
  const std::vector<std::string>& log() const noexcept;

 protected:
  void enter() const noexcept;
  const std::shared_ptr<io::loop>& loop() const noexcept;
  const std::shared_ptr<log_sink>& sink() const noexcept;
  bool advance_until(duration most, bool (*done)(void*), void* what);

 private:
  class impl;
  std::unique_ptr<impl> impl_;
};

}  // namespace hawser::testkit
