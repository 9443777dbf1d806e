#include "support/virtual_environment.hpp"

#include "io/loop/loop.hpp"
#include "support/memory_stream.hpp"

#include <boost/asio/error.hpp>
#include <boost/asio/executor_work_guard.hpp>
#include <boost/asio/post.hpp>

#include <algorithm>
#include <utility>

namespace hawser::test {

namespace asio = boost::asio;

class memory_listener final : public io::listener {
 public:
  memory_listener(virtual_environment& of, const std::shared_ptr<io::loop::impl>& on)
      : env_(of), loop_(on) {}
  ~memory_listener() override { close(); }

  result<std::uint16_t, error_info> listen(const io::listen_at& where) override {
    const std::uint16_t port = where.port != 0 ? where.port : ++env_.next_port_;
    if (!env_.listeners_.emplace(port, this).second) {
      return error_info{errc::listen_failed, "listen: the port is taken"};
    }
    port_ = port;
    return port;
  }
  void accept(std::function<void(error_code, io::accepted)> done) override {
    done_ = std::move(done);
    serve();
  }
  void close() noexcept override {
    const auto at = env_.listeners_.find(port_);
    if (at != env_.listeners_.end() && at->second == this) env_.listeners_.erase(at);
    done_ = nullptr;
    waiting_.clear();
  }
  /// The client's end; nullptr: nobody is there.
  std::shared_ptr<memory_stream> connect(asio::io_context& client) {
    const auto on = loop_.lock();
    if (!on) return nullptr;
    auto [near, far] = memory_stream::pair(env_, client, on->context);
    std::erase_if(env_.streams_, [](const auto& s) { return s.expired(); });
    env_.streams_.insert(env_.streams_.end(), {near, far});
    waiting_.push_back(far);
    serve();
    return near;
  }

 private:
  void serve() {
    const auto on = loop_.lock();
    if (!on || !done_ || waiting_.empty()) return;
    asio::post(on->context, [done = std::exchange(done_, nullptr), s = waiting_.front()] {
      done({}, {std::make_unique<memory_transport>(s), "memory", ""});
    });
    waiting_.pop_front();
  }

  virtual_environment& env_;
  std::weak_ptr<io::loop::impl> loop_;
  std::uint16_t port_ = 0;
  std::function<void(error_code, io::accepted)> done_;
  std::deque<std::shared_ptr<memory_stream>> waiting_;
};

class virtual_environment::own_route final : public io::route {
 public:
  own_route(virtual_environment& of, const std::shared_ptr<io::loop::impl>& on, io::destination to)
      : env_(of), loop_(on), to_(std::move(to)) {}

  void resolve(std::function<void(error_code, std::string)> done) override {
    later([done = std::move(done)](asio::io_context&) { done({}, {}); });
  }
  void connect(
      std::function<void(error_code, std::string, std::unique_ptr<io::transport>)> done) override {
    later([this, done = std::move(done)](asio::io_context& context) {
      const auto at = env_.listeners_.find(to_.to.port);
      auto stream = at != env_.listeners_.end() ? at->second->connect(context) : nullptr;
      if (!stream) return done(asio::error::connection_refused, "connect: nobody listens", nullptr);
      done({}, {}, std::make_unique<memory_transport>(std::move(stream)));
    });
  }

 private:
  // On the loop, if the route is there still.
  void later(std::function<void(asio::io_context&)> f) {
    env_.at(env_.now() + way, [on = loop_, alive = std::weak_ptr(alive_), f = std::move(f)] {
      const auto l = on.lock();
      if (!l) return;
      asio::post(l->context, [&context = l->context, alive, f] {
        if (!alive.expired()) f(context);
      });
    });
  }

  virtual_environment& env_;
  std::weak_ptr<io::loop::impl> loop_;
  io::destination to_;
  std::shared_ptr<bool> alive_ = std::make_shared<bool>(true);
};

// --- time and turns ------------------------------------------------------------------------------

class virtual_environment::own_timer final : public io::timer {
 public:
  own_timer(virtual_environment& of, asio::io_context& context) : env_(of), context_(context) {}
  ~own_timer() override { cancel(); }

  void set(time_point t, std::function<void(time_point)> due) override {
    cancel();
    wait_ = std::make_shared<std::function<void(time_point)>>(std::move(due));
    number_ = env_.at(t, [&env = env_, &context = context_, weak = std::weak_ptr(wait_)] {
      asio::post(context, [&env, weak] {
        if (const auto f = weak.lock()) (*f)(env.now());
      });
    });
  }
  void cancel() noexcept override {
    env_.forget(number_);
    wait_.reset();
  }

 private:
  virtual_environment& env_;
  asio::io_context& context_;
  std::uint64_t number_ = 0;
  std::shared_ptr<std::function<void(time_point)>> wait_;
};

class turn_worker final : public io::worker {
 public:
  turn_worker(virtual_environment& of, std::function<duration()> turn)
      : env_(of), turn_(std::move(turn)) {
    env_.workers_.push_back(this);
  }
  ~turn_worker() override { stop(); }

  void wake() override { woken_ = true; }
  void stop() override {
    if (std::exchange(stopped_, true)) return;
    env_.forget(alarm_);
    env_.workers_.remove(this);
    while (turn_() <= duration::zero()) {
    }
  }
  bool run_if_woken() {
    if (!std::exchange(woken_, false)) return false;
    env_.forget(alarm_);
    const duration left = turn_();
    if (left <= duration::zero()) {
      woken_ = true;
    } else if (left != duration::max()) {
      alarm_ = env_.at(env_.now() + left, [this] { woken_ = true; });
    }
    return true;
  }

 private:
  virtual_environment& env_;
  std::function<duration()> turn_;
  bool woken_ = true;
  bool stopped_ = false;
  std::uint64_t alarm_ = 0;
};

class virtual_environment::own_run final : public io::running {
 public:
  own_run(virtual_environment& of, std::shared_ptr<io::loop> what)
      : env_(of), loop_(std::move(what)), work_(asio::make_work_guard(loop_->get().context)) {
    env_.loops_.push_back(loop_);
  }
  ~own_run() override {
    const auto& context = loop_->get().context;
    (void)env_.advance_until(std::chrono::hours(1), [&] { return context.stopped(); });
    env_.loops_.remove(loop_);
  }

 private:
  virtual_environment& env_;
  std::shared_ptr<io::loop> loop_;
  asio::executor_work_guard<asio::io_context::executor_type> work_;
};

virtual_environment::virtual_environment(std::uint64_t seed)
    : random_(seed), shared_before_(process_state::replace(&shared_)) {}
virtual_environment::~virtual_environment() { process_state::replace(shared_before_); }

std::chrono::system_clock::time_point virtual_environment::wall() const noexcept {
  return std::chrono::sys_days(std::chrono::January / 1 / 2026) +
         std::chrono::duration_cast<std::chrono::system_clock::duration>(now_.time_since_epoch());
}

void virtual_environment::fill(std::span<std::byte> out) {
  for (std::byte& b : out) b = static_cast<std::byte>(random_());
}

std::uint64_t virtual_environment::at(time_point t, std::function<void()> f) {
  const std::uint64_t number = ++last_number_;
  const time_point when = std::max(t, now_);
  due_.emplace(std::pair(when, number), std::move(f));
  numbers_.emplace(number, when);
  return number;
}

void virtual_environment::forget(std::uint64_t number) noexcept {
  const auto found = numbers_.find(number);
  if (found == numbers_.end()) return;
  due_.erase({found->second, number});
  numbers_.erase(found);
}

// One thing that can be done without the clock; false: there is none.
bool virtual_environment::run_ready() {
  for (turn_worker* const w : std::list(workers_)) {
    if (w->run_if_woken()) return true;
  }
  for (const auto& l : std::list(loops_)) {
    if (l->get().context.poll_one() != 0) return true;
  }
  return false;
}

// One thing until then, of what is due first.
bool virtual_environment::step(time_point until) {
  if (run_ready()) return true;
  if (due_.empty() || due_.begin()->first.first > until) return false;
  const auto first = due_.extract(due_.begin());
  numbers_.erase(first.key().second);
  now_ = first.key().first;
  first.mapped()();
  return true;
}

bool virtual_environment::advance_until(duration most, const std::function<bool()>& over) {
  const time_point until = now_ + most;
  while (!over()) {
    if (step(until)) continue;
    now_ = until;
    return over();
  }
  return true;
}

void virtual_environment::advance(duration d) {
  (void)advance_until(d, [] { return false; });
}

void virtual_environment::cut() {
  for (const auto& weak : std::exchange(streams_, {})) {
    if (const auto s = weak.lock()) s->reset();
  }
}

std::unique_ptr<io::timer> virtual_environment::make_timer(io::loop::impl& on) {
  return std::make_unique<own_timer>(*this, on.context);
}
std::unique_ptr<io::route> virtual_environment::make_route(
    const std::shared_ptr<io::loop::impl>& on, io::destination to) {
  return std::make_unique<own_route>(*this, on, std::move(to));
}
std::unique_ptr<io::listener> virtual_environment::make_listener(
    const std::shared_ptr<io::loop::impl>& on) {
  return std::make_unique<memory_listener>(*this, on);
}
std::unique_ptr<io::running> virtual_environment::run(std::shared_ptr<io::loop> what) {
  return std::make_unique<own_run>(*this, std::move(what));
}
std::unique_ptr<io::worker> virtual_environment::make_worker(std::function<duration()> turn) {
  return std::make_unique<turn_worker>(*this, std::move(turn));
}

bool virtual_environment::wait(std::unique_lock<std::mutex>& lock, std::condition_variable&,
                               time_point until, const std::function<bool()>& over) {
  const auto looked = [&] {
    const std::unique_lock held(*lock.mutex());
    return over();
  };
  lock.unlock();
  const bool done = advance_until(until - now_, looked);
  lock.lock();
  return done;
}

}  // namespace hawser::test
