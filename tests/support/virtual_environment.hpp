// An environment on one thread: a clock that the test moves, memory for sockets, seeded chance.
#pragma once

#include <hawser/io/environment.hpp>
#include <hawser/process.hpp>

#include <cstdint>
#include <deque>
#include <list>
#include <map>
#include <memory>
#include <random>
#include <set>

namespace hawser::test {

class memory_listener;
class memory_stream;
class turn_worker;

/// Loops, writers and links of everything that was given it run within advance() and the like, in
/// an order that follows from the seed and the calls alone. A stream takes 1 ms for its way. On one
/// thread; what it was given to ends before it.
class virtual_environment final : public io::environment {
 public:
  explicit virtual_environment(std::uint64_t seed);
  ~virtual_environment();
  virtual_environment(const virtual_environment&) = delete;
  virtual_environment& operator=(const virtual_environment&) = delete;

  /// For what is to be given it. It owns nothing.
  std::shared_ptr<io::environment> share() {
    return std::shared_ptr<io::environment>(std::shared_ptr<void>(), this);
  }

  void advance(duration d);
  /// Until `over()`, at most so long; whether it is so.
  bool advance_until(duration most, const std::function<bool()>& over);
  /// Every stream that is open ends with a reset.
  void cut();
  /// The stores of what is made from now on lie there.
  void use_files_of(std::string file_system) { file_system_ = std::move(file_system); }

  // environment
  time_point now() const noexcept override { return now_; }
  std::chrono::system_clock::time_point wall() const noexcept override;
  void fill(std::span<std::byte> out) override;
  std::string store_file_system() const override { return file_system_; }
  std::unique_ptr<io::timer> make_timer(io::loop::impl& on) override;
  std::unique_ptr<io::route> make_route(const std::shared_ptr<io::loop::impl>& on,
                                        io::destination to) override;
  std::unique_ptr<io::listener> make_listener(const std::shared_ptr<io::loop::impl>& on) override;
  std::unique_ptr<io::running> run(std::shared_ptr<io::loop> what) override;
  std::unique_ptr<io::worker> make_worker(std::function<duration()> turn) override;
  bool wait(std::unique_lock<std::mutex>& lock, std::condition_variable& changed, time_point until,
            const std::function<bool()>& over) override;

  // For its own parts.

  /// Calls `f` at that time. A number for forget().
  std::uint64_t at(time_point t, std::function<void()> f);
  void forget(std::uint64_t number) noexcept;

 private:
  friend memory_listener;
  friend turn_worker;
  class own_timer;
  class own_route;
  class own_run;

  bool step(time_point until);
  bool run_ready();

  time_point now_{std::chrono::seconds(1000)};
  std::mt19937_64 random_;
  std::string file_system_;
  std::map<std::pair<time_point, std::uint64_t>, std::function<void()>> due_;
  std::map<std::uint64_t, time_point> numbers_;
  std::uint64_t last_number_ = 0;
  std::list<std::shared_ptr<io::loop>> loops_;
  std::list<turn_worker*> workers_;
  std::map<std::uint16_t, memory_listener*> listeners_;
  std::uint16_t next_port_ = 40'000;
  std::list<std::weak_ptr<memory_stream>> streams_;
  process_state shared_;  // circuits and budgets by this clock
  process_state* shared_before_;
};

}  // namespace hawser::test
