// The quota governor: how much of one metric may be used within a window.
#pragma once

#include <hawser/governor/print.hpp>
#include <hawser/governor/types.hpp>

namespace hawser::governor {

/// Bounds of a quota's parameters. Within them no sum and no product overflows.
inline constexpr std::int64_t max_quota_limit = 1'000'000'000'000'000;  ///< and of one amount
inline constexpr std::int64_t max_quota_window = 366 * 24 * 60;         ///< minutes
inline constexpr std::int64_t max_quota_burst = 1'000'000;              ///< per mille: 1000.000
inline constexpr std::int64_t max_metric_size = 64;
inline constexpr std::int64_t max_reason_size = 256;

/// The kind "quota". Usage is recorded against `limit`; up to trunc(limit x burst) it is still
/// accepted, as a burst; beyond that the amount is refused, is not counted, and the quota is
/// exceeded until its window ends, its limits grow or an operator resets it. The window starts with
/// set_quota, ends `window_minutes` later, and the next one starts when that is noticed.
///
/// | event         | parameters (bounds; default)                    | answer              |
/// |---------------|-------------------------------------------------|---------------------|
/// | set_quota     | metric (1 to 64 printable ASCII, no spaces),    | configured          |
/// |               | limit (1 to 10^15; 10000), window_minutes       |                     |
/// |               | (1 to 527040; 60), burst (1.0 to 1000.0, at     |                     |
/// |               | most 3 decimals; 1.0)                           |                     |
/// | record_usage  | metric, amount (1 to 10^15)                     | recorded, in_burst  |
/// | set_limits    | limit, burst                                    | limits_changed      |
/// | reset_quota   | reason (1 to 256 bytes)                         | reset               |
/// | pause, resume |                                                 | paused, resumed     |
/// | archive       |                                                 | archived            |
/// | get_state     |                                                 | state {state}       |
/// | get_usage     |                                                 | usage {current,     |
/// |               |                                                 | limit, percent}     |
///
/// | error             | when                                          | detail              |
/// |-------------------|-----------------------------------------------|---------------------|
/// | quota_exceeded    | usage above the burst (with a step the first  | {amount, usage,     |
/// |                   | time), or after it                            | limit, percent}     |
/// | quota_paused      | usage while paused                            |                     |
/// | metric_mismatch   | usage of another metric                       | {configured, given} |
/// | not_configured    | get_usage before set_quota                    |                     |
/// | bad_metric, bad_limit, bad_window, bad_burst, bad_amount, bad_reason:             |
/// |                   | a parameter out of its bounds                 | {parameter, least,  |
/// |                   |                                               | most}               |
///
/// and what every engine answers (runtime.hpp, params.hpp). recorded and in_burst carry {usage,
/// limit, percent}. percent is of the limit, rounded down.
extern const kind quota_kind;

/// The table of the quota, for printing.
table_view quota_table();

}  // namespace hawser::governor
