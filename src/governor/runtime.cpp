#include <hawser/core/text/utf8.hpp>
#include <hawser/governor/metadata.hpp>
#include <hawser/governor/runtime.hpp>

namespace hawser::governor::detail {

outcome invalid_event(std::string_view state, std::string_view event, bool known) {
  outcome out;
  out.error = "invalid_event";
  out.detail = {{"state", std::string(state)}, {"event", clipped(event)}, {"known", known}};
  return out;
}

bool seal(const event& e, outcome& out) {
  fields& metadata = out.steps.back().metadata;
  const std::size_t own = encode_metadata(metadata).size();
  if (own > max_metadata) {
    out.answer.clear();
    out.error = "metadata_too_big";
    out.detail = {{"size", static_cast<std::int64_t>(own)},
                  {"most", static_cast<std::int64_t>(max_metadata)}};
    return false;
  }
  std::string why = e.context_dropped;
  // By its size first: a context of any size must cost nothing.
  if (e.context.size() > max_metadata - own) {
    why = "is larger than fits into " + std::to_string(max_metadata) + " bytes of metadata";
  } else if (!valid_utf8(as_bytes(e.context))) {
    why = "is not UTF-8";
  } else if (!e.context.empty()) {
    metadata.emplace_back(context_field, e.context);
    if (encode_metadata(metadata).size() > max_metadata) {
      metadata.pop_back();
      why = "is larger than fits into " + std::to_string(max_metadata) + " bytes of metadata";
    }
  }
  if (!why.empty()) out.detail.emplace_back(std::string(context_field), "dropped: it " + why);
  return true;
}

}  // namespace hawser::governor::detail
