// A TCP relay that can be told to misbehave: what a bad network does, on demand.
#pragma once

#include <hawser/error.hpp>
#include <hawser/io/loop.hpp>

#include <cstdint>
#include <memory>
#include <string>

namespace hawser::io {

/// How a link is cut.
enum class cut_kind : std::uint8_t {
  hang_up,  ///< both sides are closed in order (FIN)
  silence,  ///< nothing is carried any more and nobody is told: a half-open connection
  reset,    ///< both sides are reset (RST)
};

/// Carries bytes between whoever connects and 127.0.0.1:<target>, for tests and the demo.
/// Everything runs on the loop's thread; cut() and aim() may be called from any.
class relay {
 public:
  explicit relay(std::shared_ptr<loop> on);
  ~relay();

  /// Listens on 127.0.0.1; the port. errc::listen_failed.
  result<std::uint16_t> listen();
  /// Where new connections go.
  void aim(std::uint16_t target);
  /// Cuts every connection that exists now.
  void cut(cut_kind how);

 private:
  class wire_pair;
  class impl;
  std::shared_ptr<loop> loop_;
  std::shared_ptr<impl> impl_;
};

}  // namespace hawser::io
