#include <hawser/core/receipt/hlc.hpp>
#include <hawser/core/receipt/metadata.hpp>
#include <hawser/core/receipt/receipt_json.hpp>
#include <hawser/core/text/json_text.hpp>
#include <hawser/core/text/json_writer.hpp>

#include <algorithm>
#include <chrono>
#include <cstdio>

namespace hawser {

namespace {

// RFC 4648 section 5, without padding.
std::string base64url(bytes_view b) {
  constexpr std::string_view alphabet =
      "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-_";
  std::string out;
  std::uint32_t pending = 0;
  unsigned bits = 0;
  for (const std::byte octet : b) {
    pending = pending << 8 | std::to_integer<std::uint32_t>(octet);
    for (bits += 8; bits >= 6; bits -= 6) out += alphabet[pending >> (bits - 6) & 63];
  }
  if (bits > 0) out += alphabet[pending << (6 - bits) & 63];
  return out;
}

// JSON text as one value without white space, or as a string if it is no JSON.
void write_context(json_writer& json, std::string_view text) {
  json_fault fault{};
  if (const auto minified = minify_json(text, fault)) {
    json.raw(*minified);
  } else {
    json.text(text);
  }
}

std::string key_text(cbor_reader& in) {
  switch (*in.peek()) {
    case cbor_type::unsigned_int:
      return std::to_string(*in.unsigned_int());
    case cbor_type::negative_int:
      return std::to_string(*in.signed_int());
    case cbor_type::text:
      return std::string(*in.text());
    default:
      return base64url(*in.byte_string());
  }
}

// The input was validated, so nothing below can fail, and the nesting is bounded.
void write_value(json_writer& json, cbor_reader& in) {
  switch (*in.peek()) {
    case cbor_type::unsigned_int:
      json.unsigned_int(*in.unsigned_int());
      break;
    case cbor_type::negative_int:
      json.signed_int(*in.signed_int());
      break;
    case cbor_type::byte_string:
      json.text(base64url(*in.byte_string()));
      break;
    case cbor_type::text:
      json.text(*in.text());
      break;
    case cbor_type::boolean:
      json.boolean(*in.boolean());
      break;
    case cbor_type::null:
      (void)in.null();
      json.null();
      break;
    case cbor_type::array:
      json.begin_array();
      for (std::uint64_t n = *in.array(); n > 0; --n) write_value(json, in);
      json.end_array();
      break;
    case cbor_type::map:
      json.begin_object();
      for (std::uint64_t n = *in.map(); n > 0; --n) {
        json.key(key_text(in));
        write_value(json, in);
      }
      json.end_object();
      break;
  }
}

void write_metadata(json_writer& json, bytes_view metadata) {
  if (metadata.empty()) {
    json.begin_object().end_object();
    return;
  }
  if (!is_metadata(metadata)) {
    json.null();
    return;
  }
  cbor_reader in(metadata);
  json.begin_object();
  for (std::uint64_t n = *in.map(); n > 0; --n) {
    const std::string_view name = *in.text();
    json.key(name);
    if (name == context_field && *in.peek() == cbor_type::text) {
      write_context(json, *in.text());
    } else {
      write_value(json, in);
    }
  }
  json.end_object();
}

}  // namespace

std::string to_rfc3339(wall_ms t) {
  using namespace std::chrono;
  const sys_time<milliseconds> point{milliseconds{t}};
  const auto day = floor<days>(point);
  const year_month_day date{day};
  const hh_mm_ss time{point - day};
  char text[64];
  std::snprintf(text, sizeof text, "%04d-%02u-%02uT%02d:%02d:%02d.%03dZ",
                static_cast<int>(date.year()), static_cast<unsigned>(date.month()),
                static_cast<unsigned>(date.day()), static_cast<int>(time.hours().count()),
                static_cast<int>(time.minutes().count()), static_cast<int>(time.seconds().count()),
                static_cast<int>(time.subseconds().count()));
  return text;
}

void write_names(json_writer& json, const stream_key& stream) {
  const std::string_view name = stream.governor;
  const auto slash = std::min(name.find('/'), name.size());
  json.key("device").text(stream.device).key("governor").text(name.substr(0, slash));
  json.key("id").text(name.substr(std::min(slash + 1, name.size())));
}

std::string to_json(const receipt& r, const stream_key& stream, std::int64_t clock_ahead) {
  std::string out;
  json_writer json(out);
  json.begin_object();
  json.key("stream").text(stream.device + '/' + stream.governor);
  write_names(json, stream);
  json.key("epoch").big(stream.epoch);
  json.key("seq").unsigned_int(r.seq);
  json.key("hlc").big(r.hlc);
  json.key("time").text(to_rfc3339(hlc_wall(r.hlc)));
  json.key("event").text(r.event);
  json.key("from").text(r.from);
  json.key("to").text(r.to);
  json.key("reason").text(r.reason);
  json.key("key").text(r.key);
  json.key("metadata");
  write_metadata(json, r.metadata);
  if (clock_ahead > 0) {
    json.key("clock").begin_object().key("ahead_ms").signed_int(clock_ahead).end_object();
  }
  json.end_object();
  return out;
}

}  // namespace hawser
