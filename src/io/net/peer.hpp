// One accepted link, from its first byte to its last.
#pragma once

#include <hawser/core/memory_return.hpp>
#include <hawser/io/acceptor.hpp>

#include "io/loop/random.hpp"
#include "io/net/connection.hpp"
#include "io/net/pending_links.hpp"
#include "io/net/server_upgrade.hpp"
#include "io/net/socket.hpp"

namespace hawser::io {

/// What the acceptor shares with its peers.
struct peer_context {
  peer_context(loop::impl& on, acceptor_options o)
      : environment(on.environment),
        buffers(on.buffers),
        options(std::move(o)),
        pending({options.pending, options.pending_per_address}) {}
  /// It is upgraded, or gone. What a flood of such links took is given back to the system.
  void not_pending(std::uint64_t number);

  const std::shared_ptr<hawser::io::environment> environment;
  const std::shared_ptr<buffer_pool> buffers;
  acceptor_options options;
  pending_links pending;
  memory_return memory;
  entropy_pool random{environment};
  traffic counters{*environment};
};

/// Says on a new stream in the clear that there is no room, if it takes that at once. The caller
/// closes it.
void say_no_room(transport& stream);

/// Puts before each line of a link whose it is: number, address, and the name once it is known.
class peer_log final : public log_sink {
 public:
  peer_log(std::shared_ptr<log_sink> to, std::uint64_t number, const std::string& address)
      : to_(std::move(to)),
        who_("peer " + std::to_string(number) + " (" + address),
        before_(who_ + ") ") {}
  /// It may come from the peer.
  void name(std::string_view name);
  void write(log_level level, std::string_view line) noexcept override;
  log_level threshold() const noexcept override { return to_ ? to_->threshold() : log_level::off; }

 private:
  std::shared_ptr<log_sink> to_;
  std::string who_;
  std::string before_;
};

/// Secures and upgrades an accepted stream, then owns its connection. Calls `gone` once, at the
/// end.
class peer final : public io_waiter, public connection_owner {
 public:
  /// `address`: of the other side, for the log.
  peer(loop::impl& on, peer_context& shared, std::uint64_t number, std::string address,
       std::unique_ptr<transport> stream, std::function<void(peer&)> gone);

  void start(std::unique_ptr<event_sink> sink);
  void close(close_code code);
  void abort();
  /// Ends a link that is not upgraded yet, for a newer one.
  void displace();
  void submit(const std::function<void(context&)>& task);
  std::uint64_t number() const noexcept { return number_; }
  /// From any thread.
  const std::string& address() const noexcept { return address_; }
  /// Who it said it is, for the log.
  void name(std::string_view name) { log_.name(name); }

  void readable() override { advance(); }
  void writable() override { advance(); }

 private:
  enum class state : std::uint8_t { securing, reading, answering, open, refused, gone };
  // What is needed until the link is open or refused, and given back then.
  struct opening {
    explicit opening(const limits& bounds) : upgrade(bounds) {}
    server_upgrade upgrade;
    std::string answer;
    std::size_t written = 0;
    bool admitted = false;
  };

  void ended(connection& c, const drop_info& info, std::string_view detail) override;
  void released(connection& c) override;
  void stop_requested() override;
  void closing(connection&) override {}
  void ready(connection&) override {}
  void failed_unlinked(error_code ec, std::string_view detail) override;
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
  std::optional<effects::fail> carry_out_unlinked(effects& fx);
  void refuse(int status, std::string_view text, log_level level = log_level::info);
  void untrusted(const error_code& ec);
  void open();
  void tick(time_point now);
  void finish();
  void log(log_level level, std::string_view what);
  log_sink* sink_of_log() noexcept { return shared_.options.log ? &log_ : nullptr; }
  time_point clock_now() const noexcept { return shared_.environment->now(); }

  executor executor_;
  peer_context& shared_;
  std::uint64_t number_;
  const std::string address_;
  peer_log log_;
  std::unique_ptr<transport> stream_;
  std::function<void(peer&)> gone_;
  std::unique_ptr<event_sink> sink_;
  std::unique_ptr<opening> opening_;
  state state_ = state::securing;
  time_point deadline_ = never;
  coarse_timer timer_;
  std::shared_ptr<connection> link_;
};

}  // namespace hawser::io
