// What an event, or a timer that fires, does to a governor and to the store.
#include "edge/governor_host.hpp"

#include <hawser/governor/quota.hpp>

#include "edge/answer_json.hpp"
#include "edge/name_rule.hpp"

#include <algorithm>
#include <chrono>

namespace hawser {
namespace {

// The stream of the device itself. No governor has this name: theirs are kind/id.
constexpr const char* device_stream = "device";

// No wait is longer, however far the next deadline is.
constexpr std::chrono::milliseconds longest_wait = std::chrono::hours(24);

}  // namespace

governor_host::governor_host(receipt_journal& journal, std::vector<const governor::kind*> kinds,
                             edge_clocks clocks, const outbox_limits& limits,
                             std::function<void(const transition&)> tell_transition)
    : journal_(journal),
      keys_(journal),
      kinds_(std::move(kinds)),
      clock_(std::move(clocks)),
      tell_transition_(std::move(tell_transition)),
      max_streams_(limits.streams) {
  kinds_.push_back(&governor::quota_kind);
  journal_.tell_damaged = [this](const std::string& governor, const std::string& why) {
    leave_out(governor, why);
    drop(governor);
  };
}

const governor::kind* governor_host::find_kind(std::string_view name) const {
  const auto it = std::find_if(kinds_.begin(), kinds_.end(),
                               [&](const governor::kind* k) { return k->name == name; });
  return it == kinds_.end() ? nullptr : *it;
}

// --- the start ----------------------------------------------------------------------------------

result<void, error_info> governor_host::load() {
  outbox& store = journal_.store();
  const auto streams = store.streams();
  auto governors = store.governors();
  if (!streams || !governors) {
    return error_info{streams ? governors.error() : streams.error(), store.last_error()};
  }
  clock_.start(journal_.last_wall());
  std::map<std::uint32_t, const stream_record*> missing;  // streams whose governor has no row
  for (const stream_record& s : *streams) {
    if (s.closed) {
      leave_out(s.governor, s.damage);
    } else if (s.governor.find('/') != std::string::npos) {  // else it is the device's own
      missing.emplace(s.sid, &s);
    }
  }
  for (governor_record& g : *governors) {
    if (missing.erase(g.sid) == 0) continue;
    const std::string why = restore_one(g);
    if (!why.empty()) leave_out(g.governor, why);
  }
  for (const auto& [sid, s] : missing) {
    leave_out(s->governor, "table governor, sid " + std::to_string(sid) + ": there is no such row");
  }
  return {};
}

// What is wrong with it, or "".
std::string governor_host::restore_one(governor_record& g) {
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
  timers_.arm(*e, e->machine->next_deadline());
  entries_.emplace(e->name, std::move(e));
  return {};
}

void governor_host::leave_out(const std::string& governor, const std::string& why) {
  if (!damaged_.add(governor, why)) return;
  const std::string name = governor.empty() ? "whose name is lost" : journal_.stream_name(governor);
  log(log_level::error, "ALARM outbox: " + journal_.store().location() +
                            ": goes on without the governor " + name + ": " + why);
}

void governor_host::drop(const std::string& governor) {
  const auto it = entries_.find(governor);
  if (it == entries_.end()) return;
  timers_.disarm(*it->second);
  entries_.erase(it);
}

result<void, error_info> governor_host::record(const outbox_reset& reset) {
  const auto done = write(reset);
  std::string why;
  if (!done) {
    rollback();
    why = "the reset of the outbox could not be recorded: " + journal_.store().last_error();
  }
  settled(done ? error_code{} : done.error());
  if (!done) return error_info{done.error(), std::move(why)};
  return {};
}

result<void> governor_host::write(const outbox_reset& reset) {
  if (auto r = begin(); !r) return r;
  const auto sid = journal_.open(device_stream);
  if (!sid) return sid.error();
  governor::step s{"", "reset", "reset", reset.reason, {}};
  for (const governor::fields& of_one : reset.receipts) {
    s.metadata = of_one;
    const auto r = append(*sid, device_stream, s, {}, governor::cause::event);
    const bool full = !r && r.error() == store_errc::full && &of_one != reset.receipts.data();
    if (!r && !full) return r;
    if (full) {
      log(log_level::error, "outbox: no room to name every head of the one before");
      break;
    }
    s.from = s.to;
  }
  return commit();
}

// --- events -------------------------------------------------------------------------------------

std::optional<answer> governor_host::refuse_names(const governor::event& e) {
  for (const auto& [field, name] :
       {std::pair("governor", &e.governor), {"id", &e.id}, {"key", &e.key}}) {
    const bool none = name == &e.key && e.key.empty();
    if (!none && !follows_name_rule(*name)) {
      return make_refusal("bad_event", "'" + std::string(field) + "' " + std::string(name_rule));
    }
  }
  return std::nullopt;
}

answer governor_host::apply(const governor::event& event) {
  if (journal_.groups().poisoned()) return make_refusal("store_failed", {});  // It is given up.
  if (auto refused = refuse_names(event)) return *std::move(refused);
  const governor::kind* kind = find_kind(event.governor);
  if (kind == nullptr) {
    return make_refusal("unknown_governor", "no governor of kind '" + event.governor + "'");
  }
  const std::string name = event.governor + "/" + event.id;
  const auto it = entries_.find(name);
  if (const auto why = damaged_.refusal(name, it != entries_.end())) {
    return make_refusal("governor_damaged", *why);
  }
  if (it != entries_.end()) {
    entry& e = *it->second;
    if (auto known = keys_.find(e.sid, name, event)) return *std::move(known);
    return run(e, event);
  }
  auto fresh = std::make_unique<entry>();
  fresh->name = name;
  fresh->kind = kind;
  fresh->machine = kind->create();
  entry& e = *fresh;
  entries_.emplace(name, std::move(fresh));
  answer a = run(e, event);
  if (e.sid == 0) {  // It was refused: nothing was created.
    touched_.erase(&e);
    entries_.erase(name);
  }
  return a;
}

answer governor_host::run(entry& e, const governor::event& event) {
  const governor::outcome o = e.machine->apply(event, clock_.now());
  if (o.steps.empty()) return make_answer(o, e.machine->state(), {}, 0);
  if (e.sid == 0 && journal_.size() >= max_streams_) {
    return make_refusal("too_many_governors",
                        "there are " + std::to_string(max_streams_) + " streams already");
  }
  const error_code ec = persist(e, o.steps, event.key, governor::cause::event);
  if (ec == store_errc::full) {
    return make_refusal("outbox_full",
                        "too many receipts wait for acknowledgment, or the file is too large");
  }
  const std::string& why = journal_.store().last_error();
  if (ec == store_errc::corrupt && !journal_.groups().poisoned()) {
    return make_refusal("governor_damaged", why);
  }
  if (ec) return make_refusal("store_failed", why);
  answer a =
      make_answer(o, e.machine->state(), journal_.stream_name(e.name), journal_.head(e.sid).seq);
  keys_.remember(e.sid, event, a);
  return a;
}

// Puts the steps and the new state into the group. On refusal the governor is as it was before the
// event; on a failure of the store the whole group is given up.
error_code governor_host::persist(entry& e, const std::vector<governor::step>& steps,
                                  const std::string& key, governor::cause why) {
  store_groups& group = journal_.groups();
  const auto room = journal_.store().has_room(e.sid, steps.size());
  if (!room) return group.poison(room.error());
  if (!*room) {
    if (e.sid != 0) restore(e, e.saved);
    return store_errc::full;
  }
  touch(e);
  if (e.sid == 0) {
    const auto sid = journal_.open(e.name);
    if (!sid && sid.error() == store_errc::corrupt) return sid.error();
    if (!sid) return group.poison(sid.error());
    e.sid = *sid;
  }
  for (const governor::step& s : steps) {
    // The key belongs to the receipt that the event is answered with, the last one.
    const bool last = &s == &steps.back();
    if (const auto r = append(e.sid, e.name, s, last ? key : std::string(), why); !r) {
      return group.poison(r.error());
    }
  }
  if (const auto r = save(e); !r) return group.poison(r.error());
  return {};
}

result<void> governor_host::append(std::uint32_t sid, const std::string& name,
                                   const governor::step& s, const std::string& key,
                                   governor::cause why) {
  const auto seq = journal_.append(sid, s, key, clock_.now());
  if (!seq) return seq.error();
  transitions_.push_back({journal_.stream_name(name), *seq, why, s, key});
  return {};
}

result<void> governor_host::save(entry& e) {
  e.saved = e.machine->save();
  timers_.arm(e, e.machine->next_deadline());
  return journal_.store().save(e.sid, e.saved);
}

void governor_host::touch(entry& e) { touched_.try_emplace(&e, before{e.sid == 0, e.saved}); }

void governor_host::restore(entry& e, const governor::snapshot& s) {
  e.machine = *e.kind->restore(s);  // It was saved by the same kind: it is valid.
  e.saved = s;
  timers_.arm(e, e.machine->next_deadline());
}

// --- timers: one wait for all of them -----------------------------------------------------------

duration governor_host::due_in() {
  const time_point now = clock_.monotonic();
  if (journal_.owes_acknowledgments()) return retry_due_ - now;
  if (timers_.empty()) return duration::max();
  const wall_ms left = clock_.until(timers_.first());
  return std::max<duration>(
      std::chrono::milliseconds(std::clamp<wall_ms>(left, 0, longest_wait.count())),
      retry_due_ - now);
}

// Timers fire in the order of their deadlines, late rather than never.
void governor_host::due() {
  while (!timers_.empty() && timers_.first() <= clock_.now() && !journal_.groups().poisoned()) {
    entry& e = timers_.front();
    const auto fired = e.machine->fire(clock_.now());
    if (!fired || fired->steps.empty()) {
      timers_.arm(e, e.machine->next_deadline());
      if (e.deadline && *e.deadline <= clock_.now()) timers_.disarm(e);  // Not again.
      continue;
    }
    if (persist(e, fired->steps, {}, governor::cause::timer)) {
      retry_due_ = clock_.monotonic() + retry_pause;
      return;
    }
  }
}

// --- groups -------------------------------------------------------------------------------------

result<void> governor_host::begin() {
  keys_.begin();
  clock_.mark();
  if (auto r = journal_.begin(); !r) return r;
  read_clocks();
  return {};
}

void governor_host::read_clocks() {
  const wall_ms shift = clock_.read();
  if (shift == 0) return;
  log(log_level::warn, "the wall clock leapt by " + std::to_string(shift) +
                           " ms; timers keep what remained of them");
  for (auto& [name, e] : entries_) {
    touch(*e);
    e->machine->shift(shift);
    if (const auto done = save(*e); !done) journal_.groups().poison(done.error());
  }
}

result<void> governor_host::commit() { return journal_.commit(clock_.now(), !touched_.empty()); }

void governor_host::settled(error_code ec) {
  journal_.settled(ec);
  const auto touched = std::exchange(touched_, {});
  const auto transitions = std::exchange(transitions_, {});
  if (!ec) {
    for (const transition& t : transitions) tell_transition_(t);
    journal_.publish();
    keys_.tell_differing();
    return;
  }
  for (const auto& [e, was] : touched) {
    if (was.born) {
      drop(std::string(e->name));
    } else {
      restore(*e, was.saved);
    }
  }
  clock_.undo();
  retry_due_ = clock_.monotonic() + retry_pause;
}

}  // namespace hawser
