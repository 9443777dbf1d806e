// The one file of the guard that knows the seam below the engine.
#include "guard/memory_link.hpp"

#include "io/loop/loop.hpp"
#include "io/loop/simulation.hpp"
#include "io/net/server_upgrade.hpp"

#include <boost/asio/post.hpp>

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

}  // namespace

class memory_link::impl final : public io::simulation {
 public:
  impl() : before_(std::exchange(here(), this)) {}
  ~impl() override { here() = before_; }

  time_point now() const noexcept override { return time_point{std::chrono::seconds(1000)}; }
  std::chrono::system_clock::time_point wall() const noexcept override {
    return std::chrono::system_clock::time_point{std::chrono::seconds(1000)};
  }
  void wake_by(const void*, time_point, std::function<void()>) override {}  // It never comes.
  void cancel(const void*) noexcept override {}
  void authenticate(granted done) override {
    boost::asio::post(context(), [done = std::move(done)] { done({}); });
  }
  void resolve(const url&, resolved done) override {
    boost::asio::post(context(), [done = std::move(done)] { done({}, {}); });
  }
  void connect(const url&, connected done) override {
    boost::asio::post(context(), [this, done = std::move(done)] {
      done({}, {}, std::make_unique<memory_transport>(stream));
    });
  }
  boost::asio::io_context& context() const noexcept { return loop->get().context; }

  std::shared_ptr<io::loop> loop = std::make_shared<io::loop>();
  wire stream{context()};

 private:
  io::simulation* before_;
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
