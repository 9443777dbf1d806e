// A receipt for people and their tools: one line of JSON.
#pragma once

#include <hawser/core/receipt/receipt.hpp>
#include <hawser/core/text/json_writer.hpp>
#include <hawser/time.hpp>

namespace hawser {

/// One JSON object without a line feed, ready for NDJSON:
///
///     {"stream":"gw-7/quota/api","device":"gw-7","governor":"quota","id":"api","epoch":"42","seq":7,
///      "hlc":"115762…","time":"2026-01-02T03:04:05.678Z","event":…,"from":…,"to":…,"reason":…,
///      "key":…,"metadata":{…}}
///
/// "stream" is for people: only its parts tell device "a" with the id "quota/b" from device
/// "a/quota" with the id "b". The device's own stream has the governor "device" and no id.
///
/// Numbers of 64 bits are strings where a double would round them. The context in the metadata
/// stands as nested JSON if it is JSON, its numbers as they were given, else as a string; byte
/// strings as base64url without padding (RFC 4648 section 5). Metadata that is_metadata() refuses
/// becomes null.
///
/// `clock_ahead` (chained_receipt) above 0 adds "clock":{"ahead_ms":…} at the end: when it came,
/// the cloud's clock said that it is from the future.
std::string to_json(const receipt& r, const stream_key& stream, std::int64_t clock_ahead = 0);

/// The fields "device", "governor" and "id" of an object that is open.
void write_names(json_writer& json, const stream_key& stream);

/// RFC 3339 in UTC, with milliseconds: "2026-01-02T03:04:05.678Z".
std::string to_rfc3339(wall_ms t);

}  // namespace hawser
