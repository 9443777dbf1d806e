// The cloud's end of one device's link.
#pragma once

#include <hawser/adapter.hpp>
#include <hawser/behavior.hpp>
#include <hawser/context.hpp>
#include <hawser/core/hash.hpp>
#include <hawser/core/memory_return.hpp>
#include <hawser/core/receipt/wire.hpp>
#include <hawser/io/acceptor.hpp>
#include <hawser/io/environment.hpp>

#include "cloud/doorkeeper.hpp"
#include "cloud/ledger_host.hpp"
#include "cloud/stream_names.hpp"

#include <chrono>
#include <map>
#include <memory>
#include <optional>
#include <string>

namespace hawser {

/// What the links of one node share, on the loop's thread.
struct device_registry {
  std::optional<doorkeeper> door;
  bool by_certificate = false;  // it names the device
  hasher* hash = nullptr;
  ledger_host* host = nullptr;
  io::group_writer* writer = nullptr;
  std::shared_ptr<io::environment> environment;
  std::optional<stream_names> names;
  std::map<std::uint64_t, io::peer_handle> links;
  memory_return memory;  // of links with many names
  std::uint64_t next_connection = 1;
  std::uint64_t ledger_epoch = 0;
  duration heartbeat = std::chrono::seconds(30);

  wall_ms wall_now() const {
    using namespace std::chrono;
    return duration_cast<milliseconds>(environment->wall().time_since_epoch()).count();
  }
};

/// Speaks hawser.v1.cbor to one device. Verifies every chain before the ledger sees it, answers
/// after the commit.
struct device_link : adapter<device_link>,
                     connection_handler<device_link>,
                     message_handler<device_link> {
  device_link(device_registry& registry, io::peer_handle self)
      : registry_(&registry), self_(std::move(self)) {}

  admission on_connecting(context& c, handshake& h);
  void on_open(context& c, const open_info& o);
  void on_drop(context& c, const drop_info& d);
  verdict on_message(context& c, const inbound& m);

 private:
  struct asked {
    stream_key key;
    wire::stream_position claimed;
    digest origin{};
    bool damaged = false;  // in the ledger, which has told it
  };
  // What is told once a link, or once until it is over, since it comes with every message.
  enum class topic : std::uint8_t { refused, unnamed, superseded, clock, busy, gap, corrupt };
  static constexpr unsigned bit(topic t) noexcept { return 1U << static_cast<unsigned>(t); }

  void take(context& c, const wire::hello& m);
  void take(context& c, const wire::resume& m);
  void take(context& c, const wire::receipts& m);
  void take(context& c, const wire::goodbye&) { (void)c; }
  template <class Other>
  void take(context& c, const Other&) {
    refuse(c, "a message that only a cloud sends");
  }
  void refuse(context& c, const std::string& why);
  void give_memory_back(time_point now);
  void tell_clock(context& c, wall_ms ahead);
  void ask_ledger(context& c);
  void answered(context& c, const std::vector<asked>& all, const wire::resumed& answer);
  void commit(context& c, std::uint32_t sid, const stream_key& stream, stream_head previous,
              std::vector<chained_receipt> rows);
  void committed(context& c, std::uint32_t sid, std::uint64_t first,
                 const std::optional<append_result>& outcome);
  void alarm_fork(context& c, std::uint32_t sid, const std::string& how);
  log_level once(topic t);
  void nack(context& c, std::uint32_t sid, std::uint64_t seq, wire::nack_code code,
            std::string detail, std::uint32_t retry_ms = 0, log_level level = log_level::warn);

  device_registry* registry_;
  io::peer_handle self_;
  std::uint64_t connection_ = 0;
  std::string allowed_;             // by the token; empty: any device
  std::vector<std::string> names_;  // in the certificate
  std::string device_;              // by hello
  std::unique_ptr<link_streams> streams_;
  std::string refused_;            // why streams were refused; empty: none were
  unsigned asking_ = 0;            // messages whose positions the ledger is asked for
  std::size_t waiting_bytes_ = 0;  // of batches that wait for the ledger
  std::uint8_t told_ = 0;          // topics
};

}  // namespace hawser
