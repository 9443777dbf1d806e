// Answers as lines of JSON.
#pragma once

#include <hawser/edge/edge.hpp>

#include <optional>

namespace hawser {

/// What a governor answered; `stream` and `seq` only when it left a receipt (seq > 0). A detail
/// that is named like a field of the answer itself is left out.
answer make_answer(const governor::outcome& o, std::string_view state, std::string_view stream,
                   std::uint64_t seq);
/// A refusal by the edge itself.
answer make_refusal(std::string_view error, std::string_view detail);
/// What an event of a group that failed is answered, whatever was answered within it.
answer make_failure(error_code ec);
/// The members of what make_answer wrote, in their order: `ok` first, then `error` if there is one.
/// nullopt: it is no such answer.
std::optional<governor::fields> read_answer(std::string_view stored);
/// What was answered when the key was applied, said again. `differs`: it came with another body.
answer repeat_answer(const governor::fields& then, bool differs);

}  // namespace hawser
