// The other end of the rope: accepts devices and commits their receipts to a ledger.
#pragma once

#include <hawser/core/receipt/device.hpp>
#include <hawser/options.hpp>
#include <hawser/store/ledger.hpp>
#include <hawser/trace_control.hpp>

#include <cstdint>
#include <memory>
#include <optional>
#include <string>
#include <vector>

namespace hawser {
namespace io {
class environment;
}

/// What a device shows to be let in.
struct device_token {
  std::string device;
  std::string token;
};

struct cloud_options {
  std::string host = "127.0.0.1";               ///< a numeric address
  std::uint16_t port = 0;                       ///< 0: any free one
  std::optional<std::string> unix_socket = {};  ///< given: listen on this path instead
  /// On if it has a certificate. With a client_ca_file and without `authenticate`, a device must be
  /// one of the DNS names in its certificate's subjectAltName; with both, the token names the
  /// device.
  tls_server_options tls = {};
  /// Whether everybody may in, from whatever machine: without it a `host` beyond loopback needs
  /// `authenticate` or a client_ca_file.
  bool open = false;
  /// Made if missing: a file, and `ledger`.id beside it says it was here.
  std::string ledger;
  bool authenticate = false;  ///< whether `tokens` decides who is let in; else everybody is
  std::vector<device_token> tokens = {};
  /// `scheme://host[:port]` of pages whose scripts may come in (RFC 6455 section 10.2). Others are
  /// refused with 403, but with a token those of the host and port that the request names.
  std::vector<std::string> allow_origins = {};
  std::size_t connections = 10'000;         ///< as in io::acceptor_options
  std::size_t pending = 2'000;              ///< as in io::acceptor_options
  std::size_t pending_per_address = 1'000;  ///< as in io::acceptor_options
  /// Of one link; all links of one device together may have twice that, since a link lives on for
  /// a while beside its successor. A stream of more is refused with `too_big` when it is
  /// resumed; the others go on.
  std::size_t streams = max_device_streams;
  /// Of the names of these streams, in bytes; likewise.
  std::size_t name_bytes = std::size_t{16} << 20;
  std::size_t queued = 4096;  ///< batches that wait for the disk; more are answered `busy`
  /// Ping after so much silence; the link is dead after as much again, at most 10 s.
  duration heartbeat = std::chrono::seconds(30);
  std::shared_ptr<log_sink> log = {};
  std::shared_ptr<trace_control> trace =
      {};  ///< switches the trace of all links; empty: as `log` says
  /// Makes `ledger`; empty: a SQLite file of this name, by the environment's file system.
  ledger_factory make_store = {};
  bool require_store = false;  ///< refuse where none is: as in ledger_options
  /// Time, chance, the network, and who runs the writer and the links; empty: the system's. What is
  /// said of threads below is said of that one.
  std::shared_ptr<io::environment> environment = {};
};

/// Says what is wrong with them (errc::invalid_option).
result<void, error_info> validate(const cloud_options& o);

/// Reads a token file: a device and its token on each line, blank lines and lines that begin with #
/// apart. errc::invalid_option, the detail says which line; a token never appears in it.
result<std::vector<device_token>, error_info> read_token_file(const std::string& path);

/// A cloud node. Keeps no session: whatever it was told is in the ledger before it answers, so any
/// node on the same ledger may take any device. One thread carries the links, one writes the
/// ledger.
class cloud {
 public:
  explicit cloud(cloud_options o);
  /// stop()
  ~cloud();
  cloud(const cloud&) = delete;
  cloud& operator=(const cloud&) = delete;

  /// Opens the ledger and listens; the port, or what went wrong.
  result<std::uint16_t, error_info> start();
  /// Accepts no more, commits and acknowledges what has arrived, says goodbye, closes every link
  /// with 1001 and waits for the ends of them, bounded by the close deadline. From any thread,
  /// once.
  void stop();
  /// After stop(): whether the ledger failed the last of what came. Devices keep what it did not
  /// take.
  bool ledger_failed() const noexcept;

 private:
  class impl;
  std::unique_ptr<impl> impl_;
};

}  // namespace hawser
