// A client's whole world in memory: a clock that stands, and a peer that speaks frames made before.
#pragma once

#include <hawser/core/bytes.hpp>
#include <hawser/io/loop.hpp>

#include <memory>

namespace hawser::guard {

/// An environment in the place of clock, network and socket: every client on its loop dials it. Not
/// thread-safe.
class memory_link {
 public:
  memory_link();
  ~memory_link();
  memory_link(const memory_link&) = delete;
  memory_link& operator=(const memory_link&) = delete;

  const std::shared_ptr<io::loop>& loop() const noexcept;
  /// Runs the loop until nothing is left to do.
  void turn();
  /// The peer sends these bytes: what the client reads during the next turn, as much at a time as
  /// it has room for.
  void deliver(bytes_view frames);
  /// Bytes that the client has written.
  std::size_t written() const noexcept;

 private:
  class impl;
  std::unique_ptr<impl> impl_;
};

}  // namespace hawser::guard
