#include "cloud/device_link.hpp"

#include <hawser/core/receipt/device.hpp>
#include <hawser/core/receipt/hlc.hpp>
#include <hawser/core/receipt/refill.hpp>
#include <hawser/core/text/text.hpp>

#include <algorithm>
#include <malloc.h>

namespace hawser {
namespace {

constexpr std::string_view subprotocol = "hawser.v1.cbor";
constexpr std::uint32_t busy_retry_ms = 1000;
// Resumes of one link that the ledger looks up at a time: a flood of them holds up nobody else's.
constexpr unsigned most_questions = 8;
// Of one link's batches: an edge has 1 MiB on the way at most.
constexpr std::size_t most_waiting_bytes = std::size_t{4} << 20;
// From so much on what a link's names took is given back to the system at its end.
constexpr std::size_t many_name_bytes = std::size_t{1} << 20;
constexpr std::size_t many_names = 4096;

template <class Message>
void send(context& c, const Message& m, lane l = lane::control) {
  bytes out;
  wire::encode(m, out);
  (void)c.send(bytes_view(out), l);  // Refused only when the link is gone: the next one resumes.
}

// Names and details come from the device.
void say(context& c, log_level level, std::string_view what) {
  std::string line;
  append_escaped(line, what);
  c.log(level, line);
}

// By how much a clock is too far ahead; 0: it is not.
wall_ms clock_ahead(std::uint64_t hlc, wall_ms now) {
  const wall_ms ahead = hlc_ahead(hlc, now);
  return ahead > max_clock_ahead ? ahead : 0;
}

// Longer than a duration can be.
std::string in_words(wall_ms t) {
  constexpr wall_ms minute = 60'000, hour = 60 * minute, day = 24 * hour;
  if (t < 3 * minute) return std::to_string(t / 1000) + " s";
  if (t < 3 * hour) return std::to_string(t / minute) + " min";
  return t < 3 * day ? std::to_string(t / hour) + " h" : std::to_string(t / day) + " days";
}

// Rebuilds the chain of a batch from the hash before it. Says what is wrong with it, or nothing.
std::string rebuild(hasher& h, wall_ms now, const wire::receipts& m,
                    std::vector<chained_receipt>& rows) {
  digest at = m.prev_head;
  std::uint64_t seq = m.first_seq;
  for (const bytes_view row : m.rows) {
    const auto r = decode_receipt(row);
    if (!r) return "receipt " + std::to_string(seq) + " is not well-formed";
    if (r->seq != seq) return "receipt " + std::to_string(seq) + " says " + std::to_string(r->seq);
    at = chain_next(h, at, row);
    rows.push_back({seq, at, bytes(row.begin(), row.end()), clock_ahead(r->hlc, now)});
    ++seq;
  }
  return at == m.head ? "" : "the receipts do not hash to the head that came with them";
}

}  // namespace

admission device_link::on_connecting(context& c, handshake& h) {
  auto device = registry_->door->judge(h);
  if (!device) return admission::refuse(device.error());
  allowed_ = std::move(*device);
  const auto& offered = h.subprotocols;
  if (std::find(offered.begin(), offered.end(), subprotocol) == offered.end()) {
    c.fail(errc::upgrade_refused, "the subprotocol hawser.v1.cbor is not offered");
    return admission::refuse(errc::upgrade_refused);
  }
  h.subprotocol = subprotocol;
  return admission::go();
}

void device_link::on_open(context&, const open_info& o) {
  names_ = o.tls.names;
  connection_ = registry_->next_connection++;
  registry_->links[connection_] = self_;
  streams_ = std::make_unique<link_streams>(*registry_->names, connection_);
}

void device_link::on_drop(context& c, const drop_info&) {
  registry_->links.erase(connection_);
  if (streams_->size() >= many_names || streams_->bytes() >= many_name_bytes) {
    registry_->memory.owe();
  }
  streams_->clear();
  give_memory_back(c.now());
}

// The allocator keeps what lies below anything that is still in use.
void device_link::give_memory_back(time_point now) {
  if (registry_->memory.due(now)) ::malloc_trim(0);
}

verdict device_link::on_message(context& c, const inbound& m) {
  give_memory_back(c.now());
  if (m.op != opcode::binary) {
    refuse(c, "a text message");
    return handled;
  }
  wire::decode_error e;
  const auto decoded = wire::decode(m.data, e);
  if (!decoded) {
    refuse(c, e.what + " at " + std::to_string(e.offset));
    return handled;
  }
  if (device_.empty() && !std::holds_alternative<wire::hello>(*decoded)) {
    refuse(c, "hello must come first");
    return handled;
  }
  std::visit([&](const auto& message) { take(c, message); }, *decoded);
  return handled;
}

void device_link::refuse(context& c, const std::string& why) {
  const std::string who = device_.empty() ? "" : "device '" + device_ + "' ";
  say(c, log_level::warn, who + "broke the protocol: " + why);
  c.close(close_code::protocol_error, why);
}

void device_link::take(context& c, const wire::hello& m) {
  if (!device_.empty()) return refuse(c, "a second hello");
  if (m.version != wire::protocol_version) return refuse(c, "unknown protocol version");
  if (m.device.empty()) return refuse(c, "no device name");
  if (!valid_device_name(m.device)) return refuse(c, "a device name with control characters");
  if (!allowed_.empty() && m.device != allowed_) {
    say(c, log_level::warn,
        "the token of '" + allowed_ + "' was shown by '" + m.device + "' at " + self_.address());
    return c.close(close_code::policy_violation, "the token is another device's");
  }
  if (registry_->by_certificate &&
      std::find(names_.begin(), names_.end(), m.device) == names_.end()) {
    say(c, log_level::warn,
        "device '" + m.device + "' at " + self_.address() +
            " is not named by the certificate it showed");
    return c.close(close_code::policy_violation, "the certificate is another device's");
  }
  device_ = m.device;
  self_.name(device_);
  tell_clock(c, clock_ahead(m.hlc, registry_->wall_now()));
  wire::welcome w;
  w.conn_id = connection_;
  w.ledger_epoch = registry_->ledger_epoch;
  w.max_message = static_cast<std::uint32_t>(wire::decode_limits{}.message);
  w.heartbeat_ms = static_cast<std::uint32_t>(
      std::chrono::duration_cast<std::chrono::milliseconds>(registry_->heartbeat).count());
  w.hlc = hlc_at(registry_->wall_now());
  send(c, w);
}

// It is nobody's but the device's: what it numbers is hashed already and must be stored.
void device_link::tell_clock(context& c, wall_ms ahead) {
  if (ahead == 0) return;
  say(c, once(topic::clock),
      "the clock of device '" + device_ + "' is " + in_words(ahead) +
          " ahead of ours: its receipts are stored and marked `clock`; set its clock, or ours");
}

void device_link::take(context& c, const wire::resume& m) {
  streams_->begin_message();
  for (const wire::stream_position& p : m.streams) {
    std::string why;
    const stream_key key{device_, p.governor, p.epoch};
    switch (streams_->resume(key, p.sid, p.first_unacked, p.last, why)) {
      case link_streams::naming::taken:
        told_ = static_cast<std::uint8_t>(told_ & ~bit(topic::superseded));
        break;
      case link_streams::naming::conflict:
        return refuse(c, "sid " + std::to_string(p.sid) + " names another stream already");
      case link_streams::naming::refused:  // Nothing of it is kept; the others go on.
        refused_ = why;
        nack(c, p.sid, p.first_unacked, wire::nack_code::too_big, std::move(why), 0,
             once(topic::refused));
        break;
    }
  }
  ask_ledger(c);
}

// Asks where the streams stand whose resumes wait.
void device_link::ask_ledger(context& c) {
  while (asking_ < most_questions) {
    auto all = std::make_shared<std::vector<asked>>();
    io::group_writer::job j;
    for (const link_streams::question& q : streams_->next_questions()) {
      const stream_key key = q.stream->key();
      const digest origin = chain_origin(*registry_->hash, key);
      j.bytes += key.governor.size();
      all->push_back({key, {q.sid, {}, key.epoch, q.first_unacked, q.last}, origin});
    }
    if (all->empty()) return;
    auto answer = std::make_shared<wire::resumed>();
    j.apply = [host = registry_->host, all, answer] {
      for (asked& a : *all)
        answer->streams.push_back(host->position(a.key, a.claimed, a.origin, a.damaged));
    };
    j.done = [self = self_, me = this, all, answer](error_code ec) {
      self.submit([me, all, answer, ec](context& link) {
        // Without a ledger nothing can be promised: the device comes again later.
        if (ec) return link.close(close_code::try_again_later, "the ledger is not available");
        me->answered(link, *all, *answer);
      });
    };
    ++asking_;
    if (!registry_->writer->submit(std::move(j))) {
      return c.close(close_code::try_again_later, "busy");
    }
  }
}

void device_link::answered(context& c, const std::vector<asked>& all, const wire::resumed& answer) {
  --asking_;
  refill missing;
  for (std::size_t i = 0; i < all.size(); ++i) {
    const auto& [key, claimed, origin, damaged] = all[i];
    const wire::committed_position& p = answer.streams[i];
    if (damaged) continue;
    if (p.status == wire::resume_status::fork) {
      alarm_fork(c, claimed.sid, " resumes with another history");
    } else if (p.committed.seq + 1 < claimed.first_unacked) {
      missing.add(key.governor, p.committed.seq + 1, claimed.first_unacked - 1);
    }
  }
  if (!missing.empty()) {
    say(c, log_level::warn,
        "the ledger has less than it had acknowledged to device '" + device_ +
            "' (was it restored from an older backup?); asked for again: " + missing.text());
  }
  send(c, answer);
  ask_ledger(c);
}

void device_link::take(context& c, const wire::receipts& m) {
  const auto* const stream = streams_->find(m.sid);
  if (stream == nullptr && !refused_.empty()) {
    return nack(c, m.sid, m.first_seq, wire::nack_code::too_big, refused_, 0, once(topic::refused));
  }
  if (stream == nullptr) {
    return nack(c, m.sid, m.first_seq, wire::nack_code::unknown_stream, "no resume named it", 0,
                once(topic::unnamed));
  }
  if (!streams_->owns(*stream)) {
    return nack(c, m.sid, m.first_seq, wire::nack_code::superseded,
                "a newer link of this device has resumed it; if that is another device, give each "
                "its own name",
                0, once(topic::superseded));
  }
  std::vector<chained_receipt> rows;
  rows.reserve(m.rows.size());
  if (const auto wrong = rebuild(*registry_->hash, registry_->wall_now(), m, rows);
      !wrong.empty()) {
    return nack(c, m.sid, m.first_seq, wire::nack_code::corrupt, wrong, 0, once(topic::corrupt));
  }
  tell_clock(c, std::ranges::max(rows, {}, &chained_receipt::clock_ahead).clock_ahead);
  commit(c, m.sid, stream->key(), {m.first_seq - 1, m.prev_head}, std::move(rows));
}

void device_link::commit(context& c, std::uint32_t sid, const stream_key& stream,
                         stream_head previous, std::vector<chained_receipt> rows) {
  auto batch = std::make_shared<std::vector<chained_receipt>>(std::move(rows));
  auto outcome = std::make_shared<std::optional<append_result>>();
  const std::uint64_t first = previous.seq + 1;
  io::group_writer::job j;
  for (const chained_receipt& r : *batch) j.bytes += r.body.size();
  const std::size_t size = j.bytes;
  j.apply = [host = registry_->host, stream, previous, batch, outcome] {
    *outcome = host->append(stream, previous, *batch);
  };
  j.done = [self = self_, me = this, sid, first, outcome, size](error_code ec) {
    self.submit([me, sid, first, outcome, size, ec](context& link) {
      me->waiting_bytes_ -= size;
      if (!ec) return me->committed(link, sid, first, *outcome);
      // The ledger's own line has said so, once for all devices.
      me->nack(link, sid, first, wire::nack_code::busy, "the ledger failed", busy_retry_ms,
               log_level::debug);
    });
  };
  if (waiting_bytes_ + size > most_waiting_bytes || !registry_->writer->submit(std::move(j))) {
    return nack(c, sid, first, wire::nack_code::busy, "too much waits for the disk", busy_retry_ms,
                once(topic::busy));
  }
  waiting_bytes_ += size;
}

void device_link::committed(context& c, std::uint32_t sid, std::uint64_t first,
                            const std::optional<append_result>& outcome) {
  if (!outcome) {
    return nack(c, sid, first, wire::nack_code::fork, "the stream is damaged in the ledger", 0,
                log_level::debug);
  }
  switch (outcome->status) {
    case append_status::committed:
    case append_status::repeated:
      told_ = static_cast<std::uint8_t>(told_ & ~bit(topic::busy));
      return send(c, wire::ack{{{sid, outcome->head.seq}}, 0, 0});
    case append_status::gap:
      return nack(c, sid, outcome->head.seq, wire::nack_code::gap, "receipts are missing", 0,
                  once(topic::gap));
    case append_status::unrelated:
      return nack(c, sid, first, wire::nack_code::corrupt,
                  "it does not follow from receipt " + std::to_string(first - 1) +
                      " of this stream: it is another stream's, or its resume was damaged",
                  0, once(topic::corrupt));
    case append_status::fork:
      alarm_fork(c, sid, " at seq " + std::to_string(first));
      return nack(c, sid, first, wire::nack_code::fork, "contradicts what is committed", 0,
                  log_level::debug);
  }
}

// Once a stream of a link, however often it sends what is refused.
void device_link::alarm_fork(context& c, std::uint32_t sid, const std::string& how) {
  if (!streams_->alarm(sid)) return;
  say(c, log_level::error,
      "ALARM fork: device '" + device_ + "' stream " + streams_->find(sid)->name->first + how);
}

log_level device_link::once(topic t) {
  const bool again = (told_ & bit(t)) != 0;
  told_ = static_cast<std::uint8_t>(told_ | bit(t));
  return again ? log_level::debug : log_level::warn;
}

void device_link::nack(context& c, std::uint32_t sid, std::uint64_t seq, wire::nack_code code,
                       std::string detail, std::uint32_t retry_ms, log_level level) {
  const auto* const stream = streams_->find(sid);
  say(c, level,
      "nack to '" + device_ + "' stream " +
          (stream != nullptr ? stream->name->first : std::to_string(sid)) + " seq " +
          std::to_string(seq) + ": " + std::string(wire::to_string(code)) + ": " + detail);
  wire::nack n;
  n.sid = sid;
  n.seq = seq;
  n.code = code;
  n.retry_ms = retry_ms;
  n.detail = std::move(detail);
  send(c, n);
}

}  // namespace hawser
