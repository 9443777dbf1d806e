#include <hawser/core/receipt/wire.hpp>

#include <algorithm>
#include <cassert>
#include <limits>

namespace hawser::wire {

namespace {

constexpr std::array<std::string_view, 20> type_names = {
    "hello",     "welcome",     "resume",  "resumed", "event",     "receipts",  "ack",
    "nack",      "call",        "reply",   "cancel",  "sync-hash", "sync-diff", "sync-confirm",
    "subscribe", "unsubscribe", "publish", "credit",  "goodbye",   "strings"};
static_assert(type_names.size() == static_cast<std::size_t>(type::strings) + 1);

constexpr std::array<std::string_view, 5> status_names = {"ok", "behind", "gap", "fork", "new"};

constexpr std::array<std::string_view, 9> nack_names = {
    "", "gap", "fork", "corrupt", "auth", "too_big", "busy", "unknown_stream", "superseded"};

constexpr std::uint64_t whole_receipts = 0;  // the only encoding of rows so far
constexpr std::size_t signature_size = 64;   // Ed25519, RFC 8032 section 5.1.6

template <std::size_t N, class Enum>
std::string_view name_of(const std::array<std::string_view, N>& names, Enum value) noexcept {
  const auto i = static_cast<std::size_t>(value);
  return i < N ? names[i] : std::string_view{};
}

// Fields in turn out of one message. After the first error everything is a no-op that leaves its
// target as it was; the caller looks once, at the end.
class field_reader {
 public:
  field_reader(bytes_view input, const decode_limits& limits)
      : in_(input, limits.depth), limits_(limits) {}

  cbor_reader& cbor() noexcept { return in_; }
  const decode_limits& limits() const noexcept { return limits_; }
  bool failed() const noexcept { return in_.failed(); }
  void refuse(std::size_t at, const char* what, wire_errc code = wire_errc::malformed) noexcept {
    in_.fail(at, what, code);
  }

  template <std::unsigned_integral T>
  void get(T& v, std::uint64_t least = 0, std::uint64_t most = std::numeric_limits<T>::max()) {
    const std::size_t at = in_.offset();
    const auto n = in_.unsigned_int();
    if (!n) return;
    if (*n < least || *n > most) return refuse(at, "number out of range");
    v = static_cast<T>(*n);
  }
  void get(bool& v) {
    if (const auto b = in_.boolean()) v = *b;
  }
  void get(std::string& v) {
    const std::size_t at = in_.offset();
    const auto s = in_.text();
    if (!s) return;
    if (s->size() > limits_.text) return refuse(at, "text too long", wire_errc::too_big);
    v.assign(*s);
  }
  void get(digest& v) {
    const std::size_t at = in_.offset();
    const auto b = in_.byte_string();
    if (!b) return;
    if (b->size() != v.size()) return refuse(at, "expected a hash of 32 bytes");
    std::ranges::copy(*b, v.begin());
  }
  template <class Enum>
  void get_enum(Enum& v, Enum first, Enum last) {
    auto n = static_cast<std::uint64_t>(v);
    get(n, static_cast<std::uint64_t>(first), static_cast<std::uint64_t>(last));
    v = static_cast<Enum>(n);
  }

  // An array of exactly so many items.
  void tuple(std::uint64_t items) {
    const std::size_t at = in_.offset();
    const auto n = in_.array();
    if (n && *n != items) refuse(at, "wrong number of fields");
  }

  // An array of entries, each read by `read_entry`.
  template <class T, class ReadEntry>
  void list(std::vector<T>& v, std::size_t most, ReadEntry read_entry) {
    const std::size_t at = in_.offset();
    const auto n = in_.array();
    if (!n) return;
    if (*n > most) return refuse(at, "too many entries", wire_errc::too_big);
    v.reserve(static_cast<std::size_t>(*n));
    for (std::uint64_t i = 0; i < *n && !failed(); ++i) read_entry(v.emplace_back());
  }

 private:
  cbor_reader in_;
  const decode_limits& limits_;
};

// ---- one reader per message; `fields` of the message's array come after its type

void read(field_reader& in, hello& m) {
  in.get(m.version);
  in.get(m.device);
  in.get(m.boot_id);
  in.tuple(3);
  in.get(m.max_message);
  in.get(m.zstd);
  in.list(m.schemas, in.limits().schemas, [&](schema& s) {
    in.tuple(3);
    in.get(s.id);
    in.get(s.version);
    in.get(s.hash);
  });
  in.get(m.hlc);
}

void read(field_reader& in, welcome& m) {
  in.get(m.conn_id);
  in.get(m.ledger_epoch);
  in.tuple(4);
  in.get(m.max_message);
  in.get(m.credit_bytes);
  in.get(m.credit_msgs);
  in.get(m.heartbeat_ms);
  in.get(m.hlc);
}

void read(field_reader& in, resume& m) {
  in.list(m.streams, in.limits().streams, [&](stream_position& p) {
    in.tuple(6);
    in.get(p.sid, 1);
    in.get(p.governor);
    in.get(p.epoch);
    const std::size_t at = in.cbor().offset();
    in.get(p.first_unacked, 1);
    in.get(p.last.seq);
    if (p.first_unacked - 1 > p.last.seq) in.refuse(at, "first unacknowledged is beyond the last");
    in.get(p.last.hash);
  });
  in.list(m.subscriptions, in.limits().subscriptions, [&](subscription_position& p) {
    in.tuple(3);
    in.get(p.sub);
    in.get(p.epoch);
    in.get(p.offset);
  });
}

void read(field_reader& in, resumed& m) {
  in.list(m.streams, in.limits().streams, [&](committed_position& p) {
    in.tuple(4);
    in.get(p.sid, 1);
    in.get(p.committed.seq);
    in.get(p.committed.hash);
    in.get_enum(p.status, resume_status::ok, resume_status::new_stream);
  });
}

void read(field_reader& in, receipts& m) {
  in.get(m.sid, 1);
  in.get(m.first_seq, 1);
  in.get(m.prev_head);
  std::size_t at = in.cbor().offset();
  std::uint64_t n = 1;
  in.get(n, 1);
  if (n - 1 > std::numeric_limits<std::uint64_t>::max() - m.first_seq) {
    in.refuse(at, "numbers beyond 2^64 - 1");
  }
  at = in.cbor().offset();
  std::uint64_t encoding = whole_receipts;
  in.get(encoding);
  if (encoding != whole_receipts) in.refuse(at, "unknown encoding of rows");
  at = in.cbor().offset();
  in.list(m.rows, in.limits().rows, [&](bytes_view& row) {
    const std::size_t start = in.cbor().offset();
    const auto t = in.cbor().peek();
    if (t && *t != cbor_type::array) return in.refuse(start, "expected a receipt");
    if (const auto item = in.cbor().skip()) row = *item;
  });
  if (n != m.rows.size()) in.refuse(at, "not as many rows as announced");
  in.get(m.head);
}

void read(field_reader& in, ack& m) {
  in.list(m.streams, in.limits().streams, [&](ack_position& p) {
    in.tuple(2);
    in.get(p.sid, 1);
    in.get(p.committed_seq);
  });
  in.get(m.credit_bytes);
  in.get(m.credit_msgs);
}

void read(field_reader& in, nack& m) {
  in.get(m.sid, 1);
  in.get(m.seq);
  in.get_enum(m.code, nack_code::gap, nack_code::superseded);
  in.get(m.retry_ms);
  in.get(m.detail);
}

void read(field_reader& in, goodbye& m) {
  in.get(m.code);
  in.get(m.retry_after_ms);
  in.get(m.drained);
}

void read_signature(field_reader& in, receipts& m) {
  const std::size_t at = in.cbor().offset();
  const auto b = in.cbor().byte_string();
  if (!b) return;
  if (b->size() != signature_size) return in.refuse(at, "expected a signature of 64 bytes");
  m.signature = *b;
}

// Even keys may be ignored; odd ones must be understood, and none is yet.
void read_ext(field_reader& in) {
  const auto pairs = in.cbor().map();
  if (!pairs) return;
  for (std::uint64_t i = 0; i < *pairs && !in.failed(); ++i) {
    const std::size_t at = in.cbor().offset();
    const auto key = in.cbor().unsigned_int();
    if (key && *key % 2 != 0) return in.refuse(at, "extension not understood");
    (void)in.cbor().skip();
  }
}

template <class M>
message read_message(field_reader& in, std::uint64_t items_left, std::uint64_t fields) {
  M m;
  if (items_left < fields) {
    in.refuse(0, "too few fields");
    return m;
  }
  read(in, m);
  items_left -= fields;
  if constexpr (std::is_same_v<M, receipts>) {
    const auto next = items_left > 0 ? in.cbor().peek() : result<cbor_type>(cbor_type::null);
    if (next && *next == cbor_type::byte_string) {
      read_signature(in, m);
      --items_left;
    }
  }
  if (items_left > 1) in.refuse(0, "too many fields");
  if (items_left == 1) read_ext(in);
  return m;
}

std::string unknown_type(std::uint64_t number) {
  if (number < type_names.size()) {
    return "message type " + std::string(type_names[number]) + " is not supported";
  }
  return "message type " + std::to_string(number) + " is unknown";
}

// Fields of each message after its type.
message read_any(field_reader& in, std::string& unknown) {
  const auto items = in.cbor().array();
  if (items && *items == 0) in.refuse(0, "too few fields");
  const std::size_t at = in.cbor().offset();
  const auto number = in.cbor().unsigned_int();
  if (!number) return {};
  const std::uint64_t left = *items - 1;
  if (*number < type_names.size()) {
    switch (static_cast<type>(*number)) {
      case type::hello:
        return read_message<hello>(in, left, 5);
      case type::welcome:
        return read_message<welcome>(in, left, 4);
      case type::resume:
        return read_message<resume>(in, left, 2);
      case type::resumed:
        return read_message<resumed>(in, left, 1);
      case type::receipts:
        return read_message<receipts>(in, left, 7);
      case type::ack:
        return read_message<ack>(in, left, 3);
      case type::nack:
        return read_message<nack>(in, left, 5);
      case type::goodbye:
        return read_message<goodbye>(in, left, 3);
      default:
        break;
    }
  }
  unknown = unknown_type(*number);
  in.refuse(at, "message type");
  return {};
}

cbor_writer begin(bytes& out, type t, std::uint64_t fields) {
  cbor_writer w(out);
  w.array(1 + fields).unsigned_int(static_cast<std::uint64_t>(t));
  return w;
}

}  // namespace

std::string_view to_string(type t) noexcept { return name_of(type_names, t); }
std::string_view to_string(resume_status s) noexcept { return name_of(status_names, s); }
std::string_view to_string(nack_code c) noexcept { return name_of(nack_names, c); }

result<message> decode(bytes_view input, decode_error& e, const decode_limits& limits) {
  if (input.size() > limits.message) {
    e = {wire_errc::too_big, limits.message, "message above the limit"};
    return e.code;
  }
  field_reader in(input, limits);
  std::string unknown;
  message m = read_any(in, unknown);
  if (in.cbor().finish()) return m;
  e.code = static_cast<wire_errc>(in.cbor().error().value());
  e.offset = in.cbor().offset();
  e.what = unknown.empty() ? std::string(in.cbor().problem()) : std::move(unknown);
  return e.code;
}

void encode(const hello& m, bytes& out) {
  cbor_writer w = begin(out, type::hello, 5);
  w.unsigned_int(m.version).text(m.device).unsigned_int(m.boot_id);
  w.array(3).unsigned_int(m.max_message).boolean(m.zstd).array(m.schemas.size());
  for (const schema& s : m.schemas) {
    w.array(3).unsigned_int(s.id).unsigned_int(s.version).byte_string(s.hash);
  }
  w.unsigned_int(m.hlc);
}

void encode(const welcome& m, bytes& out) {
  cbor_writer w = begin(out, type::welcome, 4);
  w.unsigned_int(m.conn_id).unsigned_int(m.ledger_epoch);
  w.array(4).unsigned_int(m.max_message).unsigned_int(m.credit_bytes);
  w.unsigned_int(m.credit_msgs).unsigned_int(m.heartbeat_ms);
  w.unsigned_int(m.hlc);
}

void encode(const resume& m, bytes& out) {
  cbor_writer w = begin(out, type::resume, 2);
  w.array(m.streams.size());
  for (const stream_position& p : m.streams) {
    w.array(6).unsigned_int(p.sid).text(p.governor).unsigned_int(p.epoch);
    w.unsigned_int(p.first_unacked).unsigned_int(p.last.seq).byte_string(p.last.hash);
  }
  w.array(m.subscriptions.size());
  for (const subscription_position& p : m.subscriptions) {
    w.array(3).unsigned_int(p.sub).unsigned_int(p.epoch).unsigned_int(p.offset);
  }
}

void encode(const resumed& m, bytes& out) {
  cbor_writer w = begin(out, type::resumed, 1);
  w.array(m.streams.size());
  for (const committed_position& p : m.streams) {
    w.array(4).unsigned_int(p.sid).unsigned_int(p.committed.seq).byte_string(p.committed.hash);
    w.unsigned_int(static_cast<std::uint64_t>(p.status));
  }
}

void encode(const receipts& m, bytes& out) {
  assert(!m.rows.empty());
  assert(m.signature.empty() || m.signature.size() == signature_size);
  cbor_writer w = begin(out, type::receipts, m.signature.empty() ? 7 : 8);
  w.unsigned_int(m.sid).unsigned_int(m.first_seq).byte_string(m.prev_head);
  w.unsigned_int(m.rows.size()).unsigned_int(whole_receipts).array(m.rows.size());
  for (const bytes_view row : m.rows) w.raw(row);
  w.byte_string(m.head);
  if (!m.signature.empty()) w.byte_string(m.signature);
}

void encode(const ack& m, bytes& out) {
  cbor_writer w = begin(out, type::ack, 3);
  w.array(m.streams.size());
  for (const ack_position& p : m.streams) {
    w.array(2).unsigned_int(p.sid).unsigned_int(p.committed_seq);
  }
  w.unsigned_int(m.credit_bytes).unsigned_int(m.credit_msgs);
}

void encode(const nack& m, bytes& out) {
  cbor_writer w = begin(out, type::nack, 5);
  w.unsigned_int(m.sid).unsigned_int(m.seq).unsigned_int(static_cast<std::uint64_t>(m.code));
  w.unsigned_int(m.retry_ms).text(m.detail);
}

void encode(const goodbye& m, bytes& out) {
  cbor_writer w = begin(out, type::goodbye, 3);
  w.unsigned_int(m.code).unsigned_int(m.retry_after_ms).boolean(m.drained);
}

void encode(const message& m, bytes& out) {
  std::visit([&](const auto& one) { encode(one, out); }, m);
}

}  // namespace hawser::wire
