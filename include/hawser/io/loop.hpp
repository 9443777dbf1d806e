// The event loop that clients and acceptors share.
#pragma once

#include <functional>
#include <memory>

namespace boost::asio {
class io_context;
}

namespace hawser::io {

class environment;

/// An event loop, run by one thread. Everything that uses it runs on that thread, so a loop is the
/// strand of all that it carries.
class loop {
 public:
  /// In the system's environment.
  loop();
  /// In another one; nullptr: the system's.
  explicit loop(std::shared_ptr<environment> around);
  /// On a context of the user's, run by one thread, which must outlive the loop: then run() and
  /// stop() have no effect. See make_loop in hawser/asio.hpp.
  explicit loop(boost::asio::io_context& users);
  ~loop();
  loop(const loop&) = delete;
  loop& operator=(const loop&) = delete;

  /// Runs until stop(). Call it from one thread.
  void run();
  /// Makes run() return soon, or the next run() at once; what is under way stays as it is. From any
  /// thread.
  void stop();
  /// Runs `f` on the loop's thread. From any thread; nothing runs after run() has returned.
  void post(std::function<void()> f);

  struct impl;
  impl& get() noexcept { return *impl_; }
  const std::shared_ptr<impl>& share() const noexcept { return impl_; }

 private:
  std::shared_ptr<impl> impl_;
};

}  // namespace hawser::io
