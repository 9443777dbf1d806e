// One accepted link, from its first byte to its last.
#pragma once

#include <hawser/io/acceptor.hpp>

#include "io/net/connection.hpp"
#include "io/net/random.hpp"
#include "io/net/server_upgrade.hpp"
#include "io/net/socket.hpp"

namespace hawser::io {

/// What the acceptor shares with its peers.
struct peer_context {
  acceptor_options options;
  system_entropy random;
  traffic counters;
  std::shared_ptr<buffer_pool> buffers;
};

/// Secures and upgrades an accepted stream, then owns its connection. Calls `gone` once, at the
/// end.
class peer final : public io_waiter, public connection_owner {
 public:
  peer(asio::io_context& context, peer_context& shared, std::uint64_t number,
       std::unique_ptr<transport> stream, std::function<void(peer&)> gone);

  void start(std::unique_ptr<event_sink> sink);
  void close(close_code code);
  void abort();
  void submit(const std::function<void(context&)>& task);
  std::uint64_t number() const noexcept { return number_; }

  void readable() override { advance(); }
  void writable() override { advance(); }

 private:
  enum class state : std::uint8_t { securing, reading, answering, open, refused, gone };

  void ended(connection& c, const drop_info& info, std::string_view detail) override;
  void released(connection& c) override;
  void stop_requested() override;
  void closing(connection&) override {}
  void ready(connection&) override {}
  void recycle(connection&) override {}  // Only a client can open a link.
  void reclaim(connection&) override {}
  void reauthenticate(connection&) override {}
  void resume_later(connection& c) override;
  result<void> offload(effects::job&) override { return errc::stopped; }
  void reschedule() override;

  void advance();
  bool step();
  bool secure();
  bool read_request();
  bool answer();
  void admit();
  void refuse(int status, std::string_view text);
  void open();
  void tick(time_point now);
  void finish();
  void log(log_level level, std::string_view what) const;

  executor executor_;
  peer_context& shared_;
  std::uint64_t number_;
  std::unique_ptr<transport> stream_;
  std::function<void(peer&)> gone_;
  std::unique_ptr<event_sink> sink_;
  server_upgrade upgrade_;
  std::string answer_;
  std::size_t written_ = 0;
  bool admitted_ = false;
  state state_ = state::securing;
  time_point deadline_ = never;
  coarse_timer timer_;
  std::shared_ptr<connection> link_;
};

}  // namespace hawser::io
