#include <hawser/core/metadata.hpp>
#include <hawser/core/utf8.hpp>
#include <hawser/governor/runtime.hpp>

namespace hawser::governor::detail {

outcome invalid_event(std::string_view state, std::string_view event, bool known) {
  outcome out;
  out.error = "invalid_event";
  out.detail = {{"state", std::string(state)}, {"event", clipped(event)}, {"known", known}};
  return out;
}

bool seal(fields& metadata, const std::string& context, outcome& refusal) {
  const auto refuse = [&](const char* error, fields detail) {
    refusal.answer.clear();
    refusal.error = error;
    refusal.detail = std::move(detail);
    return false;
  };
  if (!valid_utf8(as_bytes(context))) return refuse("context_not_utf8", {});
  // Before it is copied and encoded: a context of any size must cost nothing.
  std::size_t size = context.size();
  if (size <= max_metadata) {
    if (!context.empty()) metadata.emplace_back(context_field, context);
    size = encode_metadata(metadata).size();
  }
  if (size <= max_metadata) return true;
  return refuse("metadata_too_big", {{"size", static_cast<std::int64_t>(size)},
                                     {"most", static_cast<std::int64_t>(max_metadata)}});
}

}  // namespace hawser::governor::detail
