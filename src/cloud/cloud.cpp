#include <hawser/behaviors/heartbeat.hpp>
#include <hawser/behaviors/trace.hpp>
#include <hawser/chain.hpp>
#include <hawser/cloud/cloud.hpp>
#include <hawser/io/acceptor.hpp>
#include <hawser/io/crypto.hpp>
#include <hawser/io/environment.hpp>
#include <hawser/store/sqlite.hpp>

#include "cloud/device_link.hpp"

#include <algorithm>
#include <optional>

namespace hawser {

class cloud::impl {
 public:
  explicit impl(cloud_options o) : options_(std::move(o)) {
    if (!options_.environment) options_.environment = io::environment::system();
    if (!options_.make_store) {
      options_.make_store = ledger_in_sqlite(options_.environment->store_file_system());
    }
  }
  ~impl() { stop(); }

  result<std::uint16_t, error_info> start();
  void stop();
  bool ledger_failed() const noexcept { return host_ && host_->failed(); }

 private:
  result<std::uint16_t, error_info> listen();
  result<void, error_info> open();
  std::unique_ptr<event_sink> make_sink(io::peer_handle self);
  void say_goodbye();

  cloud_options options_;
  std::unique_ptr<hasher> hasher_;
  std::optional<ledger_host> host_;
  std::optional<io::group_writer> writer_;
  device_registry registry_;
  std::shared_ptr<io::loop> loop_;
  std::optional<io::acceptor> acceptor_;
  std::unique_ptr<io::running> running_;
};

result<std::uint16_t, error_info> cloud::impl::start() {
  if (const auto r = validate(options_); !r) return r.error();
  // The address comes first: if it cannot be had, no ledger is made. Nobody is accepted before the
  // loop runs.
  const auto port = listen();
  if (!port) return port;
  if (const auto r = open(); !r) {
    acceptor_.reset();
    return r.error();
  }
  running_ = options_.environment->run(loop_);
  return port;
}

result<std::uint16_t, error_info> cloud::impl::listen() {
  loop_ = std::make_shared<io::loop>(options_.environment);
  io::acceptor_options a;
  a.host = options_.host;
  a.unix_socket = options_.unix_socket;
  a.tls = options_.tls;
  a.port = options_.port;
  a.connections = options_.connections;
  a.pending = options_.pending;
  a.pending_per_address = options_.pending_per_address;
  a.limits.message = wire::decode_limits{}.message;
  a.log = options_.log;
  acceptor_.emplace(loop_, a, [this](io::peer_handle self) { return make_sink(std::move(self)); });
  return acceptor_->listen();
}

// The ledger, and what the links share.
result<void, error_info> cloud::impl::open() {
  auto opened = options_.make_store({options_.ledger, options_.require_store});
  if (!opened) return opened.error();
  hasher_ = make_sha256();
  host_.emplace(std::move(*opened), options_.log);
  io::group_writer::limits bounds;
  bounds.queued = options_.queued;
  writer_.emplace(*host_, bounds, *options_.environment);
  bytes salt(32);
  options_.environment->fill(salt);
  registry_.door.emplace(options_, *hasher_, std::move(salt));
  registry_.by_certificate = options_.tls.client_ca_file && !options_.authenticate;
  registry_.hash = hasher_.get();
  registry_.host = &*host_;
  registry_.writer = &*writer_;
  registry_.environment = options_.environment;
  registry_.heartbeat = options_.heartbeat;
  registry_.names.emplace(stream_names::bounds{options_.streams, options_.name_bytes});
  return {};
}

std::unique_ptr<event_sink> cloud::impl::make_sink(io::peer_handle self) {
  heartbeat::options beat;
  beat.idle = options_.heartbeat;
  beat.pong = std::min(beat.pong, options_.heartbeat);
  return std::make_unique<chain<trace, heartbeat, device_link>>(
      trace({.control = options_.trace}), heartbeat(beat), device_link(registry_, std::move(self)));
}

void cloud::impl::say_goodbye() {
  for (const auto& [number, link] : registry_.links) {
    link.submit([](context& c) {
      bytes out;
      wire::encode(wire::goodbye{1001, 0, true}, out);
      (void)c.send(bytes_view(out), lane::control);
    });
  }
}

// The writer ends first: everything that arrived is then committed and its answers are on the loop,
// before the goodbye and the Close. Each of these is posted behind the one before it.
void cloud::impl::stop() {
  if (!running_) return;
  writer_->stop();
  loop_->post([this] {
    say_goodbye();
    acceptor_->stop([loop = loop_] { loop->stop(); });
  });
  running_.reset();
}

cloud::cloud(cloud_options o) : impl_(std::make_unique<impl>(std::move(o))) {}
cloud::~cloud() = default;
result<std::uint16_t, error_info> cloud::start() { return impl_->start(); }
void cloud::stop() { impl_->stop(); }
bool cloud::ledger_failed() const noexcept { return impl_->ledger_failed(); }

}  // namespace hawser
