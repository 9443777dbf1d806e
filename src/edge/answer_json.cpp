#include "edge/answer_json.hpp"

#include <hawser/core/text/json_writer.hpp>
#include <hawser/governor/metadata.hpp>

#include <algorithm>
#include <array>

namespace hawser {
namespace {

void put(json_writer& w, const governor::value& v) {
  if (const auto* i = std::get_if<std::int64_t>(&v)) {
    w.signed_int(*i);
  } else if (const auto* b = std::get_if<bool>(&v)) {
    w.boolean(*b);
  } else if (const auto* d = std::get_if<governor::decimal>(&v)) {
    w.text(to_text(*d));
  } else {
    w.text(std::get<std::string>(v));
  }
}

// What an answer says itself, or will say when it is repeated.
bool is_envelope(std::string_view name) {
  constexpr std::array<std::string_view, 8> names{"ok",     "error", "state",    "answer",
                                                  "stream", "seq",   "repeated", "differs"};
  return std::find(names.begin(), names.end(), name) != names.end();
}

// A governor's detail. What the answer says itself is not said again: the names of an object are
// unique (RFC 8259 section 4).
void put(json_writer& w, const governor::fields& detail) {
  for (auto field = detail.begin(); field != detail.end(); ++field) {
    const auto same = [&](const auto& other) { return other.first == field->first; };
    if (is_envelope(field->first) || std::any_of(detail.begin(), field, same)) continue;
    put(w.key(field->first), field->second);
  }
}

}  // namespace

answer make_answer(const governor::outcome& o, std::string_view state, std::string_view stream,
                   std::uint64_t seq) {
  answer a;
  a.ok = o.error.empty();
  a.error = o.error;
  json_writer w(a.json);
  w.begin_object().key("ok").boolean(a.ok);
  if (!a.ok) w.key("error").text(o.error);
  w.key("state").text(state);
  if (a.ok) w.key("answer").text(o.answer);
  put(w, o.detail);
  if (seq != 0) w.key("stream").text(stream).key("seq").unsigned_int(seq);
  w.end_object();
  return a;
}

answer make_refusal(std::string_view error, std::string_view detail) {
  answer a;
  a.error = error;
  json_writer w(a.json);
  w.begin_object().key("ok").boolean(false).key("error").text(error);
  if (!detail.empty()) w.key("detail").text(detail);
  w.end_object();
  return a;
}

answer make_failure(error_code ec) {
  if (ec == store_errc::in_doubt) {
    return make_refusal("in_doubt", "it may be in the store all the same: repeat it with its key");
  }
  return make_refusal("store_failed", ec.message());
}

bool is_answer(std::string_view stored) noexcept {
  return stored.starts_with(R"({"ok":)") && stored.ends_with('}');
}

// Only what make_answer wrote is stored, so its form is known.
answer repeat_answer(std::string stored, bool differs) {
  answer a;
  a.repeated = true;
  a.differs = differs;
  a.ok = stored.starts_with(R"({"ok":true)");
  constexpr std::string_view refused = R"({"ok":false,"error":")";
  if (stored.starts_with(refused)) {
    a.error = stored.substr(refused.size(), stored.find('"', refused.size()) - refused.size());
  }
  stored.pop_back();
  a.json = std::move(stored) + R"(,"repeated":true)" + (differs ? R"(,"differs":true})" : "}");
  return a;
}

}  // namespace hawser
