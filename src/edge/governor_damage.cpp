// Governors and receipts that are damaged in the store: what goes on without them.
#include "edge/answer_json.hpp"
#include "edge/governor_host.hpp"

namespace hawser {

void governor_host::restore_all(std::vector<governor_record> governors,
                                const std::vector<stream_record>& streams) {
  std::map<std::uint32_t, const stream_record*> missing;  // streams whose governor has no row
  for (const stream_record& s : streams) {
    nameless_ = nameless_ || (s.closed && s.governor.empty());
    if (s.closed) {
      closed_.insert(s.sid);
      leave_out(s.governor, s.damage);
    } else if (s.governor.find('/') != std::string::npos) {  // else it is the device's own
      missing.emplace(s.sid, &s);
    }
  }
  for (governor_record& g : governors) {
    const auto at = missing.find(g.sid);
    if (at == missing.end()) continue;
    const std::string why = restore_one(g, at->second->last);
    if (!why.empty()) leave_out(g.governor, why);
    missing.erase(at);
  }
  for (const auto& [sid, s] : missing) {
    leave_out(s->governor, "table governor, sid " + std::to_string(sid) + ": there is no such row");
  }
}

// What is wrong with it, or "".
std::string governor_host::restore_one(governor_record& g, const stream_head& last) {
  if (!g.damage.empty()) return g.damage;
  const std::string row = "table governor, sid " + std::to_string(g.sid) + ": ";
  const governor::kind* kind =
      find_kind(std::string_view(g.governor).substr(0, g.governor.find('/')));
  if (kind == nullptr) return row + "no governor of this kind is known";
  auto machine = kind->restore(g.state);
  if (!machine) return row + "its state is not valid";
  auto e = std::make_unique<entry>();
  e->sid = g.sid;
  e->name = g.governor;
  e->kind = kind;
  e->machine = std::move(*machine);
  e->saved = std::move(g.state);
  e->last = last;
  arm(*e);
  entries_.emplace(e->name, std::move(e));
  return {};
}

void governor_host::leave_out(const std::string& governor, const std::string& why) {
  if (!governor.empty() && !damaged_.emplace(governor, why).second) return;
  const std::string name = governor.empty() ? "whose name is lost" : stream_name(governor);
  log(log_level::error, "ALARM outbox: " + store_->location() + ": goes on without the governor " +
                            name + ": " + why);
}

// A stream that was sound before a group failed, and is not now. Its row may have lost its name;
// its number it has not.
void governor_host::close_stream(const stream_record& s) {
  if (!closed_.insert(s.sid).second) return;
  std::string governor = s.governor;
  if (const auto known = names_.find(s.sid); known != names_.end()) {
    governor = known->second.substr(stream_name("").size());
  }
  nameless_ = nameless_ || governor.empty();
  acks_.erase(s.sid);
  leave_out(governor, s.damage);
  if (const auto it = entries_.find(governor); it != entries_.end()) {
    disarm(*it->second);
    entries_.erase(it);
  }
}

void governor_host::park(std::uint32_t sid) {
  if (poison_ || !names_.contains(sid) || closed_.contains(sid)) return;
  if (const auto r = store_->park(sid); !r) poison_ = r.error();
}

std::optional<answer> governor_host::refuse_damaged(const std::string& governor) const {
  if (const auto at = damaged_.find(governor); at != damaged_.end()) {
    return make_refusal("governor_damaged", at->second);
  }
  if (nameless_ && !entries_.contains(governor)) {
    return make_refusal("governor_damaged",
                        "the store has a governor whose name is lost: it may be this one");
  }
  return std::nullopt;
}

// Nothing is sent that the ledger would have to refuse: the stream ends before its first receipt
// that cannot be read or does not follow from the one before it.
void governor_host::keep_sound(fetched& out, std::uint64_t first) {
  digest at = *out.previous;
  for (std::size_t i = 0; i < out.rows.size(); ++i) {
    const chained_receipt& r = out.rows[i];
    const std::uint64_t seq = first + i;
    const auto decoded = decode_receipt(r.body);
    std::string_view what;
    if (r.seq != seq) {
      what = "is missing";
    } else if (!decoded || decoded->seq != seq) {
      what = "cannot be read";
    } else if (chain_next(*hasher_, at, r.body) != r.hash) {
      what = "does not follow from the one before it";
    } else {
      at = r.hash;
      continue;
    }
    out.why = "receipt " + std::to_string(seq) + " " + std::string(what) + " in the outbox";
    out.rows.resize(i);
    break;
  }
  if (!out.rows.empty()) return;
  out.error = store_errc::corrupt;
  if (out.why.empty()) out.why = "receipt " + std::to_string(first) + " is missing in the outbox";
}

}  // namespace hawser
