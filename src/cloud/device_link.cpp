#include "cloud/device_link.hpp"

#include <hawser/core/device.hpp>
#include <hawser/core/text.hpp>

#include <algorithm>

namespace hawser {
namespace {

constexpr std::string_view subprotocol = "hawser.v1.cbor";
constexpr std::uint32_t busy_retry_ms = 1000;

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

// Rebuilds the chain of a batch from the hash before it. Says what is wrong with it, or nothing.
std::string rebuild(hasher& h, const wire::receipts& m, std::vector<chained_receipt>& rows) {
  digest at = m.prev_head;
  std::uint64_t seq = m.first_seq;
  for (const bytes_view row : m.rows) {
    const auto r = decode_receipt(row);
    if (!r) return "receipt " + std::to_string(seq) + " is not well-formed";
    if (r->seq != seq) return "receipt " + std::to_string(seq) + " says " + std::to_string(r->seq);
    at = chain_next(h, at, row);
    rows.push_back({seq, at, bytes(row.begin(), row.end())});
    ++seq;
  }
  return at == m.head ? "" : "the receipts do not hash to the head that came with them";
}

}  // namespace

admission device_link::on_connecting(context&, handshake& h) {
  auto device = registry_->door->judge(h);
  if (!device) return admission::refuse(device.error());
  allowed_ = std::move(*device);
  const auto& offered = h.subprotocols;
  if (std::find(offered.begin(), offered.end(), subprotocol) == offered.end()) {
    return admission::refuse(errc::upgrade_refused);
  }
  h.subprotocol = subprotocol;
  return admission::go();
}

void device_link::on_open(context&, const open_info& o) {
  names_ = o.tls.names;
  connection_ = registry_->next_connection++;
  registry_->links[connection_] = self_;
}

void device_link::on_drop(context&, const drop_info&) {
  registry_->links.erase(connection_);
  for (const auto& [sid, stream] : streams_) {
    const auto owner = registry_->owners.find(stream);
    if (owner != registry_->owners.end() && owner->second == connection_) {
      registry_->owners.erase(owner);
    }
  }
}

verdict device_link::on_message(context& c, const inbound& m) {
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
  say(c, log_level::warn, "device '" + device_ + "' broke the protocol: " + why);
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
  wire::welcome w;
  w.conn_id = connection_;
  w.ledger_epoch = registry_->ledger_epoch;
  w.max_message = static_cast<std::uint32_t>(wire::decode_limits{}.message);
  w.heartbeat_ms = static_cast<std::uint32_t>(
      std::chrono::duration_cast<std::chrono::milliseconds>(registry_->heartbeat).count());
  send(c, w);
}

void device_link::take(context& c, const wire::resume& m) {
  struct asked {
    stream_key key;
    wire::stream_position claimed;
    digest origin;
  };
  auto all = std::make_shared<std::vector<asked>>();
  for (const wire::stream_position& p : m.streams) {
    stream_key key{device_, p.governor, p.epoch};
    const auto known = streams_.find(p.sid);
    if (known != streams_.end() && known->second != key) {
      return refuse(c, "sid " + std::to_string(p.sid) + " names another stream already");
    }
    // A stream beyond the bound is told where it stands, but kept nowhere: its receipts are refused
    // one by one, and the others go on.
    if (known != streams_.end() || streams_.size() < registry_->max_streams) {
      streams_[p.sid] = key;
      registry_->owners[key] = connection_;
    }
    all->push_back({key, p, chain_origin(*registry_->hash, key)});
  }
  auto answer = std::make_shared<wire::resumed>();
  io::group_writer::job j;
  j.apply = [host = registry_->host, all, answer] {
    for (const asked& a : *all)
      answer->streams.push_back(host->position(a.key, a.claimed, a.origin));
  };
  j.done = [self = self_, all, answer, device = device_](error_code ec) {
    self.submit([all, answer, device, ec](context& link) {
      // Without a ledger nothing can be promised: the device comes again later.
      if (ec) return link.close(close_code::try_again_later, "the ledger is not available");
      for (std::size_t i = 0; i < all->size(); ++i) {
        if (answer->streams[i].status != wire::resume_status::fork) continue;
        say(link, log_level::error,
            "ALARM fork: device '" + device + "' stream " + (*all)[i].key.governor +
                " resumes with another history");
      }
      send(link, *answer);
    });
  };
  if (!registry_->writer->submit(std::move(j))) {
    c.close(close_code::try_again_later, "busy");
  }
}

void device_link::take(context& c, const wire::receipts& m) {
  const auto it = streams_.find(m.sid);
  if (it == streams_.end() && streams_.size() >= registry_->max_streams) {
    return nack(c, m.sid, m.first_seq, wire::nack_code::too_big,
                "more than " + std::to_string(registry_->max_streams) + " streams of one device");
  }
  if (it == streams_.end()) {
    return nack(c, m.sid, m.first_seq, wire::nack_code::unknown_stream, "no resume named it");
  }
  const auto owner = registry_->owners.find(it->second);
  if (owner == registry_->owners.end() || owner->second != connection_) {
    return nack(c, m.sid, m.first_seq, wire::nack_code::superseded, "a newer link has resumed it");
  }
  std::vector<chained_receipt> rows;
  rows.reserve(m.rows.size());
  if (const auto wrong = rebuild(*registry_->hash, m, rows); !wrong.empty()) {
    return nack(c, m.sid, m.first_seq, wire::nack_code::corrupt, wrong);
  }
  commit(c, m.sid, it->second, {m.first_seq - 1, m.prev_head}, std::move(rows));
}

void device_link::commit(context& c, std::uint32_t sid, const stream_key& stream,
                         stream_head previous, std::vector<chained_receipt> rows) {
  auto batch = std::make_shared<std::vector<chained_receipt>>(std::move(rows));
  auto outcome = std::make_shared<append_result>();
  const std::uint64_t first = previous.seq + 1;
  io::group_writer::job j;
  for (const chained_receipt& r : *batch) j.bytes += r.body.size();
  j.apply = [host = registry_->host, stream, previous, batch, outcome] {
    *outcome = host->append(stream, previous, *batch);
  };
  j.done = [self = self_, me = this, sid, first, outcome](error_code ec) {
    self.submit([me, sid, first, outcome, ec](context& link) {
      if (ec) {
        return me->nack(link, sid, first, wire::nack_code::busy, "the ledger failed",
                        busy_retry_ms);
      }
      switch (outcome->status) {
        case append_status::committed:
        case append_status::repeated:
          return send(link, wire::ack{{{sid, outcome->head.seq}}, 0, 0});
        case append_status::gap:
          return me->nack(link, sid, outcome->head.seq, wire::nack_code::gap,
                          "receipts are missing");
        case append_status::fork:
          say(link, log_level::error,
              "ALARM fork: device '" + me->device_ + "' stream " + me->streams_[sid].governor +
                  " at seq " + std::to_string(first));
          return me->nack(link, sid, first, wire::nack_code::fork, "contradicts what is committed");
      }
    });
  };
  if (!registry_->writer->submit(std::move(j))) {
    nack(c, sid, first, wire::nack_code::busy, "too much waits for the disk", busy_retry_ms);
  }
}

void device_link::nack(context& c, std::uint32_t sid, std::uint64_t seq, wire::nack_code code,
                       std::string detail, std::uint32_t retry_ms) {
  say(c, log_level::warn,
      "nack to '" + device_ + "' stream " + std::to_string(sid) + " seq " + std::to_string(seq) +
          ": " + std::string(wire::to_string(code)) + ": " + detail);
  wire::nack n;
  n.sid = sid;
  n.seq = seq;
  n.code = code;
  n.retry_ms = retry_ms;
  n.detail = std::move(detail);
  send(c, n);
}

}  // namespace hawser
