// Events whose key was applied before.
#include "edge/answer_json.hpp"
#include "edge/event_digest.hpp"
#include "edge/governor_host.hpp"

namespace hawser {

std::optional<answer> governor_host::answered_before(const entry& e, const governor::event& event) {
  if (event.key.empty()) return std::nullopt;
  auto stored = store_->answer(e.sid, event.key);
  if (stored && !*stored) return std::nullopt;
  if (stored && !is_answer(**stored))
    stored = store_errc::corrupt;  // it was so before its checksum
  if (!stored && stored.error() == store_errc::corrupt) {
    // Its row is there: the event was applied. It must not be applied again.
    tell_once(stream_name(e.name) + ": what a key was answered is damaged");
    return make_refusal("answer_damaged",
                        "the event of this key was applied; what it was answered is damaged");
  }
  const auto known =
      stored ? store_->event_of(e.sid, event.key) : result<std::optional<digest>>(stored.error());
  if (!known) {
    poison_ = known.error();
    return make_refusal("store_failed", store_->last_error());
  }
  const bool differs = *known && **known != event_digest(*hasher_, event);
  if (differs && differing_++ == 0) differing_key_ = stream_name(e.name) + " key " + event.key;
  return repeat_answer(std::move(**stored), differs);
}

void governor_host::remember(const entry& e, const governor::event& event, const answer& a) {
  if (event.key.empty()) return;
  const auto r = store_->remember(e.sid, event.key, a.json, event_digest(*hasher_, event));
  if (!r) poison_ = r.error();
}

// Once a group, however many they are.
void governor_host::tell_differing() {
  if (differing_ == 0) return;
  log(log_level::warn, std::to_string(differing_) +
                           " events came under a key that was applied with another body, the first "
                           "of them " +
                           differing_key_ +
                           ": each was answered as the first of its key and did nothing; does the "
                           "feeder use a key twice?");
}

}  // namespace hawser
