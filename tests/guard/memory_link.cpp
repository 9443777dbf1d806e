// The one file of the guard that knows the seam below the engine.
#include "guard/memory_link.hpp"

#include "io/loop/loop.hpp"
#include "io/net/server_upgrade.hpp"
#include "io/system/environment.hpp"

#include <boost/asio/post.hpp>
#include <boost/asio/steady_timer.hpp>

#include <algorithm>
#include <chrono>
#include <utility>

namespace hawser::guard {
namespace {

using kind = io::io_result::kind;

// What a socket takes before it makes the writer wait.
constexpr std::size_t socket_room = 64 * 1024;

// Both ends of the one connection. Who waits is called on the loop, as by a socket.
struct wire {
  explicit wire(boost::asio::io_context& c) : context(c) {}

  void wake_reader() {
    if (auto w = std::exchange(reader, nullptr)) boost::asio::post(context, [w] { w->readable(); });
  }
  void deliver(bytes_view more) {
    inbox = more;
    wake_reader();
  }
  void take(bytes_view from_client) {
    written += from_client.size();
    if (open) return;
    if (upgrade.feed(from_client) != io::server_upgrade::verdict::ready) return;
    open = true;
    answer = upgrade.accept();
    deliver(as_bytes(answer));
  }

  boost::asio::io_context& context;
  io::server_upgrade upgrade{limits{}};
  std::string answer;
  bool open = false;
  bytes_view inbox;  // of whoever delivered it
  std::size_t written = 0;
  std::size_t room = socket_room;
  std::shared_ptr<io::io_waiter> reader;
};

class memory_transport final : public io::transport {
 public:
  explicit memory_transport(wire& w) : wire_(w) {}

  io::io_result handshake() override { return {kind::done, 0, {}}; }
  io::io_result read(std::span<std::byte> into) override {
    const std::size_t n = std::min(into.size(), wire_.inbox.size());
    if (n == 0) return {};
    std::copy_n(wire_.inbox.begin(), n, into.begin());
    wire_.inbox = wire_.inbox.subspan(n);
    return {kind::done, n, {}};
  }
  io::io_result write(std::span<const bytes_view> from) override {
    std::size_t n = 0;
    for (const bytes_view part : from) {
      const std::size_t fits = std::min(part.size(), wire_.room);
      wire_.take(part.first(fits));
      wire_.room -= fits;
      n += fits;
    }
    return n == 0 ? io::io_result{} : io::io_result{kind::done, n, {}};
  }
  void wait_readable(io::io_waiter& w) override {
    wire_.reader = w.shared_from_this();
    if (!wire_.inbox.empty()) wire_.wake_reader();
  }
  void wait_writable(io::io_waiter& w) override {
    boost::asio::post(wire_.context, [&to = wire_, waiter = w.shared_from_this()] {
      to.room = socket_room;
      waiter->writable();
    });
  }
  void shutdown() noexcept override {}
  void close() noexcept override { wire_.reader.reset(); }

 private:
  wire& wire_;
};

// It never comes. But a loop that has timers of its own looks at its sockets with every turn, as
// those of a program do.
class memory_timer final : public io::timer {
 public:
  explicit memory_timer(boost::asio::io_context& context) : unused_(context) {}
  void set(time_point, std::function<void(time_point)>) override {}
  void cancel() noexcept override {}

 private:
  boost::asio::steady_timer unused_;
};

class memory_route final : public io::route {
 public:
  explicit memory_route(wire& w) : wire_(w) {}
  void resolve(std::function<void(error_code, std::string)> done) override {
    boost::asio::post(wire_.context, [done = std::move(done)] { done({}, {}); });
  }
  void connect(
      std::function<void(error_code, std::string, std::unique_ptr<io::transport>)> done) override {
    boost::asio::post(wire_.context, [&to = wire_, done = std::move(done)] {
      done({}, {}, std::make_unique<memory_transport>(to));
    });
  }

 private:
  wire& wire_;
};

}  // namespace

class memory_link::impl final : public io::system_environment {
 public:
  time_point now() const noexcept override { return time_point{std::chrono::seconds(1000)}; }
  std::chrono::system_clock::time_point wall() const noexcept override {
    return std::chrono::system_clock::time_point{std::chrono::seconds(1000)};
  }
  std::unique_ptr<io::timer> make_timer(io::loop::impl& on) override {
    return std::make_unique<memory_timer>(on.context);
  }
  std::unique_ptr<io::route> make_route(const std::shared_ptr<io::loop::impl>&,
                                        io::destination) override {
    return std::make_unique<memory_route>(stream);
  }
  boost::asio::io_context& context() const noexcept { return loop->get().context; }

  // It does not own what owns it.
  std::shared_ptr<io::loop> loop =
      std::make_shared<io::loop>(std::shared_ptr<io::environment>(std::shared_ptr<void>(), this));
  wire stream{context()};
};

memory_link::memory_link() : impl_(std::make_unique<impl>()) {}
memory_link::~memory_link() = default;
const std::shared_ptr<io::loop>& memory_link::loop() const noexcept { return impl_->loop; }
void memory_link::turn() {
  impl_->stream.room = socket_room;
  impl_->context().restart();
  impl_->context().poll();
}
void memory_link::deliver(bytes_view frames) { impl_->stream.deliver(frames); }
std::size_t memory_link::written() const noexcept { return impl_->stream.written; }

}  // namespace hawser::guard
