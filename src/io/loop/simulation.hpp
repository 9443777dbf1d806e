// What takes the place of clock, timers, resolver and sockets on a thread: the test kit's world.
#pragma once

#include <hawser/core/text/url.hpp>
#include <hawser/error.hpp>
#include <hawser/io/transport.hpp>
#include <hawser/time.hpp>

#include <chrono>
#include <functional>
#include <memory>
#include <string>

namespace hawser::io {

/// The engine above it is the real one. Everything is called on the thread that it is installed on.
class simulation {
 public:
  virtual ~simulation() = default;
  virtual time_point now() const noexcept = 0;
  /// The date of the same moment.
  virtual std::chrono::system_clock::time_point wall() const noexcept = 0;
  /// Calls `due` once the time has come; one wait for each `timer`.
  virtual void wake_by(const void* timer, time_point t, std::function<void()> due) = 0;
  virtual void cancel(const void* timer) noexcept = 0;

  using granted = std::function<void(error_code)>;
  using resolved = std::function<void(error_code, std::string detail)>;
  using connected = std::function<void(error_code, std::string detail, std::unique_ptr<transport>)>;
  /// Answer later, on the loop, or never. The transport's handshake stands for TLS.
  /// A plug-in has granted its credentials to an attempt.
  virtual void authenticate(granted done) = 0;
  virtual void resolve(const url& to, resolved done) = 0;
  virtual void connect(const url& to, connected done) = 0;

  /// That of this thread; nullptr: the system's clock and network.
  static simulation*& here() noexcept {
    static constinit thread_local simulation* installed = nullptr;
    return installed;
  }
};

}  // namespace hawser::io
