// What surrounds a loop, an edge and a cloud: time, chance, the network, and who runs what.
#pragma once

#include <hawser/core/text/url.hpp>
#include <hawser/core/ws/mask.hpp>
#include <hawser/error.hpp>
#include <hawser/io/loop.hpp>
#include <hawser/io/transport.hpp>
#include <hawser/time.hpp>

#include <array>
#include <bit>
#include <chrono>
#include <condition_variable>
#include <cstdint>
#include <functional>
#include <memory>
#include <mutex>
#include <optional>
#include <string>

namespace hawser {
struct endpoint_state;
}

namespace hawser::io {

/// One wait. On the loop's thread.
class timer {
 public:
  /// As cancel(). A wait whose time has come may still call.
  virtual ~timer() = default;
  /// Calls `due` on the loop once `t` has come, with the time it is then. It takes the place of a
  /// wait that was set before.
  virtual void set(time_point t, std::function<void(time_point now)> due) = 0;
  virtual void cancel() noexcept = 0;
};

/// The way to one server, of one attempt. On the loop's thread; what `done` is given to calls it
/// once, later, or never.
class route {
 public:
  /// Nothing is called any more.
  virtual ~route() = default;
  virtual void resolve(std::function<void(error_code, std::string detail)> done) = 0;
  /// After resolve(): a byte stream to one of the addresses.
  virtual void connect(
      std::function<void(error_code, std::string detail, std::unique_ptr<transport>)> done) = 0;
  /// Whether the stream's own handshake protects what a wss:// URL wants protected; else TLS is
  /// laid over it.
  virtual bool protects() const noexcept { return false; }
  /// What became of the stream: TLS or the upgrade failed on it, or a link opened.
  virtual void failed() {}
  virtual void opened() {}
};

/// Where a route leads.
struct destination {
  url to;
  std::optional<std::string> unix_socket = {};  ///< instead of the URL's host
  std::shared_ptr<endpoint_state> known = {};   ///< what the clients of the process know of it
};

/// Where a listener listens.
struct listen_at {
  std::string host;
  std::uint16_t port = 0;                       ///< 0: any free one
  std::optional<std::string> unix_socket = {};  ///< given: this path instead
};

/// A link that came.
struct accepted {
  std::unique_ptr<transport> stream;
  std::string address;  ///< of the other side, for people
  std::string group;    ///< whose links are counted together; empty: nobody's
};

/// Where links come from. On the loop's thread.
class listener {
 public:
  /// As close().
  virtual ~listener() = default;
  /// The port that was bound; 0: none. errc::invalid_option or errc::listen_failed, with the
  /// reason.
  virtual result<std::uint16_t, error_info> listen(const listen_at& where) = 0;
  /// The next link, or why there is none now: called once, on the loop, unless close() comes first.
  virtual void accept(std::function<void(error_code, accepted)> done) = 0;
  virtual void close() noexcept = 0;
};

/// Whoever takes turns, one at a time, when he is woken.
class worker {
 public:
  /// As stop().
  virtual ~worker() = default;
  /// A turn begins soon after. From any thread.
  virtual void wake() = 0;
  /// Takes turns as long as they want the next one at once, then ends. Not from a turn.
  virtual void stop() = 0;
};

/// Somebody runs a loop.
class running {
 public:
  /// Returns once the loop was stopped and nobody runs it.
  virtual ~running() = default;
};

/// Everything that comes from outside. Nothing else in the libraries reads a clock or a source of
/// randomness, or reaches the network, but what tests/lint/environment.py names with a reason. The
/// system's serves a program; a test's own makes an edge and a cloud run in virtual time.
class environment : public monotonic_clock, public entropy {
 public:
  ~environment() override = default;
  /// The default: the clocks, threads, sockets and random numbers of the system.
  static const std::shared_ptr<environment>& system();

  // From any thread.

  /// The date of the moment that now() tells.
  virtual std::chrono::system_clock::time_point wall() const noexcept = 0;
  /// Bytes that nobody can predict; a simulation's follow from its seed. What random_bytes()
  /// throws.
  void fill(std::span<std::byte> out) override = 0;

  /// A number of fill().
  std::uint64_t random_u64() {
    std::array<std::byte, sizeof(std::uint64_t)> out{};
    fill(out);
    return std::bit_cast<std::uint64_t>(out);
  }

  /// Runs a loop from now on, on whatever thread.
  virtual std::unique_ptr<running> run(std::shared_ptr<loop> what) = 0;
  /// Takes turns, the first one soon. A turn answers when it wants the next one, if nobody wakes it
  /// before: zero or less: at once; duration::max(): not at all.
  virtual std::unique_ptr<worker> make_worker(std::function<duration()> turn) = 0;
  /// Waits until `over()`, which is asked with the lock, or until then; what it answered last.
  /// Whoever changes what it looks at notifies `changed`.
  virtual bool wait(std::unique_lock<std::mutex>& lock, std::condition_variable& changed,
                    time_point until, const std::function<bool()>& over) = 0;

  /// The file system of the stores, by the name that SQLite has of it; empty: the system's. A store
  /// that is made by a factory of its own has its own.
  virtual std::string store_file_system() const { return {}; }

  // On the thread of that loop.

  virtual std::unique_ptr<timer> make_timer(loop::impl& on) = 0;
  virtual std::unique_ptr<route> make_route(const std::shared_ptr<loop::impl>& on,
                                            destination to) = 0;
  /// Not bound yet.
  virtual std::unique_ptr<listener> make_listener(const std::shared_ptr<loop::impl>& on) = 0;
  /// A plug-in has granted its credentials to an attempt. True: `go_on` is called later, or never,
  /// with what becomes of them; for tests.
  virtual bool withholds_grant(std::function<void(error_code)> go_on) {
    (void)go_on;
    return false;
  }
};

}  // namespace hawser::io
