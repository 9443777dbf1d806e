// One attempt to get a link: resolve, connect, secure, upgrade, each when told to.
#pragma once

#include <hawser/core/text/url.hpp>
#include <hawser/io/environment.hpp>

#include "io/loop/loop.hpp"
#include "io/net/client_upgrade.hpp"
#include "io/tls/transport.hpp"

#include <memory>

namespace hawser::io {

/// Carries out the phases of one dial. Knows no deadlines and no order: the lifecycle does. Each
/// phase ends with one call of `report`; after abort() there is none.
class dialing final : public io_waiter {
 public:
  using report_fn = std::function<void(error_code, std::string detail)>;

  /// `sessions` is the client's own and outlives the attempt. `refused` is called once the header
  /// of a refusal came whole; its body is awaited until give_up_upgrade().
  dialing(const std::shared_ptr<loop::impl>& on, url where, const options& o,
          std::shared_ptr<tls_resumption> sessions, std::shared_ptr<endpoint_state> known,
          report_fn report, std::function<void()> refused);

  void resolve();
  void connect();
  void secure();
  void upgrade(const handshake& h);
  /// Lets go of everything; no report follows.
  void abort();
  /// No more of the response will come or is awaited: reports what is known by now.
  void give_up_upgrade(error_code why, std::string_view words = {});

  /// After the upgrade: what the server said, and the stream. `rest` bytes came behind it.
  const upgrade_outcome& outcome() const noexcept { return upgrade_->outcome(); }
  bool upgrading() const noexcept { return upgrade_ != nullptr; }
  bytes_view rest() const noexcept { return upgrade_->rest(); }
  std::unique_ptr<transport> take_stream() { return std::move(stream_); }

  /// What became of the stream, for the attempts to come: as route has it.
  void failed() { route_->failed(); }
  void opened() { route_->opened(); }

  void readable() override { advance(); }
  void writable() override { advance(); }

 private:
  std::shared_ptr<dialing> self() { return std::static_pointer_cast<dialing>(shared_from_this()); }
  void advance();
  void advance_secure();
  void advance_upgrade();
  void wait(io_result::kind what, io_result::kind blocked_means);
  void report(error_code ec, std::string detail);

  std::weak_ptr<loop::impl> loop_;  // its queue may hold us: a shared one would be a cycle
  url url_;
  const options& options_;
  std::shared_ptr<tls_resumption> sessions_;
  report_fn report_;
  std::function<void()> refused_;
  std::unique_ptr<route> route_;
  std::unique_ptr<transport> stream_;
  std::unique_ptr<client_upgrade> upgrade_;
  std::size_t written_ = 0;
  bool aborted_ = false;
};

}  // namespace hawser::io
