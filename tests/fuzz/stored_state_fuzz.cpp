// Property: a stored quota is refused, or goes on: it is saved as it was read, and takes an event.
// The first octets of the input are its state, its timer and how far that is; the rest is its data.
#include <hawser/governor/quota.hpp>

#include "fuzz/fuzz.hpp"

using namespace hawser;

namespace {

constexpr std::string_view states[] = {"",       "active",   "quota_exceeded",
                                       "paused", "archived", "none"};

governor::event named(std::string name, governor::fields params = {}) {
  return {.governor = "quota", .id = "a", .name = std::move(name), .params = std::move(params)};
}

std::string stored(const governor::machine& m) {
  const governor::snapshot s = m.save();
  std::string out(1, '\0');
  for (std::size_t i = 0; i < std::size(states); ++i) {
    if (states[i] == s.state) out[0] = static_cast<char>(i);
  }
  out += static_cast<char>(s.timers.empty() ? 0 : s.timers[0].frozen ? 2 : 1);
  out += '\x05';
  return out += as_text(s.data);
}

governor::snapshot read(const std::uint8_t* data, std::size_t size) {
  governor::snapshot s;
  s.state = states[data[0] % std::size(states)];
  if (data[1] % 3 != 0) {
    governor::timer_state t{.name = "window"};
    t.frozen = data[1] % 3 == 2;
    (t.frozen ? t.remaining : t.deadline) = wall_ms{data[2]} * 1000;
    s.timers.push_back(t);
  }
  const bytes_view rest = as_bytes(fuzz::text_of(data + 3, size - 3));
  s.data.assign(rest.begin(), rest.end());
  return s;
}

}  // namespace

std::vector<std::string> fuzz::seeds() {
  const auto machine = governor::quota_kind.create();
  std::vector<std::string> out{stored(*machine)};
  const auto apply = [&](const governor::event& e) {
    (void)machine->apply(e, 1000);
    out.push_back(stored(*machine));
  };
  apply(named("set_quota", {{"metric", std::string("calls")},
                            {"limit", std::int64_t{10}},
                            {"burst", std::string("1.5")}}));
  apply(named("record_usage", {{"metric", std::string("calls")}, {"amount", std::int64_t{9}}}));
  apply(named("record_usage", {{"metric", std::string("calls")}, {"amount", std::int64_t{9}}}));
  apply(named("pause"));
  return out;
}

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  if (size < 3) return 0;
  const governor::kind& quota = governor::quota_kind;
  const governor::snapshot found = read(data, size);
  const auto machine = quota.restore(found);
  if (!machine) return 0;
  const governor::snapshot saved = (*machine)->save();
  fuzz::require(
      saved.state == found.state && saved.data == found.data && saved.timers == found.timers,
      "it is saved as it was read");
  (void)(*machine)->apply(
      named("record_usage", {{"metric", std::string("calls")}, {"amount", std::int64_t{1}}}), 2000);
  (void)(*machine)->fire(std::int64_t{1} << 40);
  fuzz::require(quota.restore((*machine)->save()).has_value(), "what is saved later is read");
  return 0;
}
