// The outbox's answers to events that came with a key.
#include "store/sqlite/outbox/outbox.hpp"

#include <algorithm>

namespace hawser::io::sqlite {
result<std::optional<std::string>> sqlite_outbox::answer(std::uint32_t sid,
                                                         const std::string& key) {
  return state_.guarded(in_group(), [&]() -> std::optional<std::string> {
    outbox_file& f = readable();
    rows r = f.answer_of.run(sid, key);
    const bool found = r.next();
    if (found ? r.number(1) == 0 : f.doubtful.contains({sid, key})) {
      f.db.contradicts("table applied, sid " + std::to_string(sid) + ", key " + key +
                       ": what it was answered is damaged");
    }
    if (!found) return std::nullopt;
    return std::string(r.text(0));
  });
}

result<std::optional<digest>> sqlite_outbox::event_of(std::uint32_t sid, const std::string& key) {
  return state_.guarded(in_group(), [&]() -> std::optional<digest> {
    rows r = readable().event_of.run(sid, key);
    if (!r.next() || r.is_null(0)) return std::nullopt;
    return r.hash(0);
  });
}

result<void> sqlite_outbox::remember(std::uint32_t sid, const std::string& key,
                                     const std::string& answer,
                                     const std::optional<digest>& event) {
  return state_.guarded(in_group(), [&] {
    outbox_file& f = writable();
    std::uint64_t keys = stream(sid).keys;
    f.add_answer.execute_once(sid, key, answer, event);
    ++keys;
    if (keys > options_.limits.keys) {
      const std::uint64_t excess = std::min(keys - options_.limits.keys, delete_chunk);
      keys -= forget(sid, excess);
    }
    streams_.set_keys(sid, keys);
  });
}

// Answers that cannot be deleted stay: that is no reason to refuse a new one.
std::uint64_t sqlite_outbox::forget(std::uint32_t sid, std::uint64_t excess) {
  std::uint64_t deleted = 0;
  const auto fault = tolerate([&] {
    const std::int64_t n = file_->delete_answers.execute(sid, forgotten_[sid], excess);
    deleted = static_cast<std::uint64_t>(n);
  });
  if (fault || deleted < excess) deleted += forget_one_by_one(sid, excess - deleted);
  return deleted;
}

// Of the oldest answers one cannot be deleted. From now on, the search begins behind it.
std::uint64_t sqlite_outbox::forget_one_by_one(std::uint32_t sid, std::uint64_t excess) {
  std::uint64_t& after = forgotten_[sid];
  std::vector<std::uint64_t> oldest;
  auto fault = tolerate([&] {
    rows r = file_->oldest_answers.run(sid, after, excess);
    while (r.next()) oldest.push_back(r.number(0));
  });
  std::uint64_t deleted = 0;
  for (const std::uint64_t id : oldest) {
    std::int64_t n = 0;
    if (auto bad = tolerate([&] { n = file_->delete_answer.execute(id, sid); }))
      fault = std::move(bad);
    if (n == 0) after = id;
    deleted += n == 0 ? 0 : 1;
  }
  if (fault) file_->damages.add(row_name("table applied", sid, *fault));
  return deleted;
}

}  // namespace hawser::io::sqlite
