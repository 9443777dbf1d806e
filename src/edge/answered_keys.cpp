// A key is applied once, and answered the same as often as it comes.
#include "edge/answered_keys.hpp"

#include "edge/answer_json.hpp"
#include "edge/event_digest.hpp"
#include "edge/receipt_journal.hpp"

namespace hawser {

std::optional<answer> answered_keys::find(std::uint32_t sid, const std::string& governor,
                                          const governor::event& event) {
  if (event.key.empty()) return std::nullopt;
  outbox& store = journal_->store();
  const auto stored = store.answer(sid, event.key);
  if (stored && !*stored) return std::nullopt;
  const auto then = stored ? read_answer(**stored) : std::nullopt;
  const bool damaged = stored ? !then : stored.error() == store_errc::corrupt;
  if (damaged) {
    // Its row is there: the event was applied. It must not be applied again.
    journal_->groups().tell_once(journal_->stream_name(governor) +
                                 ": what a key was answered is damaged");
    return make_refusal("answer_damaged",
                        "the event of this key was applied; what it was answered is damaged");
  }
  const auto known =
      stored ? store.event_of(sid, event.key) : result<std::optional<digest>>(stored.error());
  if (!known) {
    journal_->groups().poison(known.error());
    return make_refusal("store_failed", store.last_error());
  }
  const bool differs = *known && **known != event_digest(journal_->hash(), event);
  if (differs && differing_++ == 0) first_ = journal_->stream_name(governor) + " key " + event.key;
  return repeat_answer(*then, differs);
}

void answered_keys::remember(std::uint32_t sid, const governor::event& event, const answer& a) {
  if (event.key.empty()) return;
  const auto r =
      journal_->store().remember(sid, event.key, a.json, event_digest(journal_->hash(), event));
  if (!r) journal_->groups().poison(r.error());
}

void answered_keys::tell_differing() {
  if (differing_ == 0) return;
  journal_->groups().say(
      log_level::warn,
      std::to_string(differing_) +
          " events came under a key that was applied with another body, the first of them " +
          first_ +
          ": each was answered as the first of its key and did nothing; does the feeder use a key "
          "twice?");
}

}  // namespace hawser
