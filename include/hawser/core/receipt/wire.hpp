// The messages of subprotocol hawser.v1.cbor that carry receipts. One message is one array
// [type, fields..., ext?] in deterministic CBOR (RFC 8949 section 4.2).
#pragma once

#include <hawser/core/receipt/cbor.hpp>
#include <hawser/core/receipt/receipt.hpp>

#include <variant>

namespace hawser::wire {

inline constexpr std::uint32_t protocol_version = 1;

/// Every message type of hawser.v1; not all of them are decoded here.
enum class type : std::uint8_t {
  hello,
  welcome,
  resume,
  resumed,
  event,
  receipts,
  ack,
  nack,
  call,
  reply,
  cancel,
  sync_hash,
  sync_diff,
  sync_confirm,
  subscribe,
  unsubscribe,
  publish,
  credit,
  goodbye,
  strings,
};
/// "sync-hash"; "" for a number that is none of them.
std::string_view to_string(type t) noexcept;

struct schema {
  std::uint32_t id = 0;
  std::uint32_t version = 0;
  digest hash{};
};

/// The device's first message. On the wire the three capabilities are one array.
struct hello {
  std::uint32_t version = protocol_version;
  std::string device;
  std::uint64_t boot_id = 0;      ///< random, new with every start of the program
  std::uint32_t max_message = 0;  ///< largest message that the device accepts, in bytes
  bool zstd = false;
  std::vector<schema> schemas;
  std::uint64_t hlc = 0;
};

/// The cloud's answer to hello. On the wire the four limits are one array.
struct welcome {
  std::uint64_t conn_id = 0;
  std::uint64_t ledger_epoch = 0;
  std::uint32_t max_message = 0;   ///< largest message that the cloud accepts, in bytes
  std::uint64_t credit_bytes = 0;  ///< 0: no credit is kept
  std::uint64_t credit_msgs = 0;
  std::uint32_t heartbeat_ms = 0;
  std::uint64_t hlc = 0;
};

/// Where the device stands with one stream.
struct stream_position {
  std::uint32_t sid = 0;  ///< the device's short number, from 1, for this connection
  std::string governor;
  std::uint64_t epoch = 0;
  std::uint64_t first_unacked = 1;  ///< at most last.seq + 1
  stream_head last;
};

struct subscription_position {
  std::uint32_t sub = 0;
  std::uint64_t epoch = 0;
  std::uint64_t offset = 0;
};

/// May come in several pieces, and again for streams that are born on a live connection.
struct resume {
  std::vector<stream_position> streams;
  std::vector<subscription_position> subscriptions;
};

enum class resume_status : std::uint8_t {
  ok,          ///< the ledger's head is where the device's acknowledged history ends, or further on
  behind,      ///< the ledger has less than it once acknowledged: restored from a backup
  gap,         ///< the ledger misses receipts that the device may not have any more
  fork,        ///< the histories differ; the stream is quarantined
  new_stream,  ///< never seen: committed is the origin
};
std::string_view to_string(resume_status s) noexcept;

/// Where the ledger stands with one stream.
struct committed_position {
  std::uint32_t sid = 0;
  stream_head committed;
  resume_status status = resume_status::ok;
};

struct resumed {
  std::vector<committed_position> streams;
};

/// A batch of consecutive receipts, whole (encoding 0). The views of a decoded message point into
/// it.
struct receipts {
  std::uint32_t sid = 0;
  std::uint64_t first_seq = 0;
  digest prev_head{};            ///< the hash before the first row
  std::vector<bytes_view> rows;  ///< at least one; frozen encodings, for decode_receipt()
  digest head{};                 ///< the hash after the last row
  bytes_view signature;          ///< Ed25519 (RFC 8032), 64 bytes; empty: none
};

struct ack_position {
  std::uint32_t sid = 0;
  std::uint64_t committed_seq = 0;
};

/// Cumulative: everything up to the number is committed.
struct ack {
  std::vector<ack_position> streams;
  std::uint64_t credit_bytes = 0;  ///< running totals; 0: no credit is kept
  std::uint64_t credit_msgs = 0;
};

enum class nack_code : std::uint8_t {
  gap = 1,         ///< receipts before the batch are missing
  fork,            ///< contradicts what is committed; the stream is quarantined
  corrupt,         ///< the batch does not hash to its head: send it again
  auth,            ///< this device may not write this stream
  too_big,         ///< a receipt or the batch is above a limit
  busy,            ///< not now: again after retry_ms
  unknown_stream,  ///< no resume named this sid on this connection
  superseded,      ///< a newer link of this device has resumed
};
std::string_view to_string(nack_code c) noexcept;

/// One batch is refused. `seq` is the first of the batch; for gap, what the ledger has committed.
struct nack {
  std::uint32_t sid = 0;
  std::uint64_t seq = 0;
  nack_code code = nack_code::gap;
  std::uint32_t retry_ms = 0;
  std::string detail;
};

struct goodbye {
  std::uint16_t code = 1001;  ///< the WebSocket close code that will follow
  std::uint32_t retry_after_ms = 0;
  bool drained = false;  ///< everything received is committed and acknowledged
};

using message = std::variant<hello, welcome, resume, resumed, receipts, ack, nack, goodbye>;

/// What a decoder accepts, beyond the format. Each bound has an error text of its own.
struct decode_limits {
  std::size_t message = 64 * 1024;     ///< bytes
  std::size_t depth = cbor_max_depth;  ///< at most that
  std::size_t streams = 1024;          ///< entries of one resume, resumed or ack
  std::size_t subscriptions = 1024;    ///< entries of one resume
  std::size_t schemas = 256;           ///< entries of one hello
  std::size_t rows = 1000;             ///< of one receipts
  std::size_t text = 1024;             ///< bytes of one name or detail
};

/// Why a message was refused.
struct decode_error {
  wire_errc code = wire_errc::malformed;
  std::size_t offset = 0;  ///< in bytes from the start of the message
  std::string what;        ///< "head not in its shortest form"
};

/// Reads one message. Refuses, with `e` filled, everything that encode() would not have written,
/// but an ext map (integer keys) as last item whose keys are all even: it is validated and ignored;
/// an odd key refuses the message. Errors: wire_errc::malformed, wire_errc::too_big (a limit).
/// Never allocates for a count that was not checked.
result<message> decode(bytes_view input, decode_error& e, const decode_limits& limits = {});

/// Appends the message to `out`. Text must be UTF-8.
void encode(const hello& m, bytes& out);
void encode(const welcome& m, bytes& out);
void encode(const resume& m, bytes& out);
void encode(const resumed& m, bytes& out);
void encode(const receipts& m, bytes& out);
void encode(const ack& m, bytes& out);
void encode(const nack& m, bytes& out);
void encode(const goodbye& m, bytes& out);
void encode(const message& m, bytes& out);

/// Most bytes that a resume takes without its entries, and that one entry takes.
inline constexpr std::size_t resume_overhead = 1 + 1 + 9 + 9;
inline std::size_t size_bound(const stream_position& p) noexcept {
  return 1 + 5 + 9 + p.governor.size() + 9 + 9 + 9 + 34;
}
/// Most bytes that a receipts message without signature takes beside its rows.
inline constexpr std::size_t receipts_overhead = 1 + 1 + 5 + 9 + 34 + 9 + 1 + 9 + 34;

}  // namespace hawser::wire
