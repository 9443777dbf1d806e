#include "store/sqlite/outbox/timers.hpp"

#include <hawser/core/receipt/cbor.hpp>

namespace hawser::io::sqlite {
namespace {

constexpr std::uint64_t timer_items = 4;

}  // namespace

bytes encode_timers(const std::vector<governor::timer_state>& timers) {
  bytes out;
  cbor_writer w(out);
  w.array(timers.size());
  for (const governor::timer_state& t : timers) {
    w.array(timer_items).text(t.name).signed_int(t.deadline).signed_int(t.remaining);
    w.boolean(t.frozen);
  }
  return out;
}

// The reader's first error sticks: what it answers after one is not used.
result<std::vector<governor::timer_state>> decode_timers(bytes_view encoded) {
  cbor_reader in(encoded);
  std::vector<governor::timer_state> timers;
  const auto count = in.array();
  if (!count) return count.error();
  for (std::uint64_t i = 0; i < *count; ++i) {
    const auto items = in.array();
    if (!items || *items != timer_items) return wire_errc::malformed;
    const auto name = in.text();
    const auto deadline = in.signed_int();
    const auto remaining = in.signed_int();
    const auto frozen = in.boolean();
    if (!frozen) return frozen.error();
    timers.push_back({std::string(*name), *deadline, *remaining, *frozen});
  }
  if (const auto end = in.finish(); !end) return end.error();
  return timers;
}

}  // namespace hawser::io::sqlite
