// A receipt for people and their tools: one line of JSON.
#pragma once

#include <hawser/core/receipt.hpp>
#include <hawser/time.hpp>

namespace hawser {

/// One JSON object without a line feed, ready for NDJSON:
///
///     {"stream":"gw-7/quota/api","epoch":"42","seq":7,"hlc":"115762…","time":"2026-01-02T03:04:05.678Z",
///      "event":…,"from":…,"to":…,"reason":…,"key":…,"metadata":{…}}
///
/// Numbers of 64 bits are strings where a double would round them. The context in the metadata
/// stands as nested JSON if it is JSON (numbers beyond 64 bits excepted), else as a string; byte
/// strings as base64url without padding (RFC 4648 section 5). Metadata that is_metadata() refuses
/// becomes null.
std::string to_json(const receipt& r, const stream_key& stream);

/// RFC 3339 in UTC, with milliseconds: "2026-01-02T03:04:05.678Z".
std::string to_rfc3339(wall_ms t);

}  // namespace hawser
