#include "edge/event_digest.hpp"

#include <hawser/core/receipt/cbor.hpp>

#include <simdjson.h>

#include <algorithm>
#include <charconv>

namespace hawser {
namespace {

using governor::decimal;
using simdjson::ondemand::json_type;

// A number as it is written (RFC 8259 section 6), as the digits that count and a power of ten. No
// value is computed: it may have any size.
void put_number(cbor_writer& out, std::string_view text) {
  const bool negative = text.starts_with('-');
  if (negative) text.remove_prefix(1);
  const auto e = std::min(text.find_first_of("eE"), text.size());
  const auto point = std::min(text.find('.'), e);
  std::string digits(text.substr(0, point));
  if (point < e) digits += text.substr(point + 1, e - point - 1);
  std::int64_t exponent = 0;
  auto written = e < text.size() ? text.substr(e + 1) : std::string_view("0");
  if (written.starts_with('+')) written.remove_prefix(1);
  const auto read = std::from_chars(written.data(), written.data() + written.size(), exponent);
  const std::int64_t fraction = point < e ? static_cast<std::int64_t>(e - point - 1) : 0;
  const auto last = digits.find_last_not_of('0');
  if (last == std::string::npos) {  // 0, -0, 0.0e7
    out.array(2).text("0").signed_int(0);
    return;
  }
  // Beyond 64 bits the exponent counts as it is written.
  if (read.ec != std::errc{} || exponent > INT64_MAX / 2 || exponent < INT64_MIN / 2) {
    out.array(2).text(negative ? "-" : "").text(text);
    return;
  }
  exponent += static_cast<std::int64_t>(digits.size() - 1 - last) - fraction;
  digits.erase(last + 1);
  digits.erase(0, digits.find_first_not_of('0'));
  out.array(2).text((negative ? "-" : "") + digits).signed_int(exponent);
}

using member = std::pair<std::string, bytes>;

void put_sorted(cbor_writer& out, std::vector<member> all) {
  std::stable_sort(all.begin(), all.end(),
                   [](const member& a, const member& b) { return a.first < b.first; });
  out.map(all.size());
  for (const auto& [name, value] : all) out.text(name).raw(value);
}

std::string_view trimmed(std::string_view token) {
  const auto end = token.find_last_not_of(" \t\r\n");
  return token.substr(0, end == std::string_view::npos ? 0 : end + 1);
}

// simdjson goes to 1,024.
constexpr int max_depth = 1'000;

// False: the text is not JSON, or nested too deep.
bool put_json(cbor_writer& out, simdjson::ondemand::value v, int depth);

bool put_array(cbor_writer& out, simdjson::ondemand::array a, int depth) {
  std::vector<bytes> all;
  for (auto element : a) {
    simdjson::ondemand::value v;
    if (element.get(v)) return false;
    cbor_writer one(all.emplace_back());
    if (!put_json(one, v, depth + 1)) return false;
  }
  out.array(all.size());
  for (const bytes& one : all) out.raw(one);
  return true;
}

bool put_object(cbor_writer& out, simdjson::ondemand::object o, int depth) {
  std::vector<member> all;
  for (auto field : o) {
    std::string_view name;
    simdjson::ondemand::value v;
    if (field.unescaped_key().get(name)) return false;
    all.emplace_back(name, bytes{});
    if (field.value().get(v)) return false;
    cbor_writer one(all.back().second);
    if (!put_json(one, v, depth + 1)) return false;
  }
  put_sorted(out, std::move(all));
  return true;
}

bool put_json(cbor_writer& out, simdjson::ondemand::value v, int depth) {
  if (depth > max_depth) return false;
  json_type type{};
  if (v.type().get(type)) return false;
  switch (type) {
    case json_type::object: {
      simdjson::ondemand::object o;
      return !v.get_object().get(o) && put_object(out, o, depth);
    }
    case json_type::array: {
      simdjson::ondemand::array a;
      return !v.get_array().get(a) && put_array(out, a, depth);
    }
    case json_type::string: {
      std::string_view s;
      if (v.get_string().get(s)) return false;
      out.text(s);
      return true;
    }
    case json_type::number:
      put_number(out, trimmed(v.raw_json_token()));
      return true;
    case json_type::boolean: {
      bool b = false;
      if (v.get_bool().get(b)) return false;
      out.boolean(b);
      return true;
    }
    default:
      out.null();
      return trimmed(v.raw_json_token()) == "null";
  }
}

bool put_context(bytes& to, const std::string& context) {
  simdjson::ondemand::parser parser;
  // In brackets: a number or text of its own has another interface.
  const simdjson::padded_string text('[' + context + ']');
  simdjson::ondemand::document doc;
  simdjson::ondemand::array whole;
  cbor_writer out(to);
  if (parser.iterate(text).get(doc) || doc.get_array().get(whole)) return false;
  return put_array(out, whole, 0) && doc.current_location().error();
}

void put(cbor_writer& out, const governor::value& v) {
  if (const auto* i = std::get_if<std::int64_t>(&v)) {
    put_number(out, std::to_string(*i));
  } else if (const auto* d = std::get_if<decimal>(&v)) {
    put_number(out, std::to_string(d->mantissa) + "e" + std::to_string(d->exponent));
  } else if (const auto* b = std::get_if<bool>(&v)) {
    out.boolean(*b);
  } else {
    out.text(std::get<std::string>(v));
  }
}

}  // namespace

digest event_digest(hasher& h, const governor::event& e) {
  std::vector<member> params;
  for (const auto& [name, value] : e.params) {
    cbor_writer one(params.emplace_back(name, bytes{}).second);
    put(one, value);
  }
  bytes context;
  if (!put_context(context, e.context)) {
    context.clear();
    cbor_writer raw(context);
    raw.byte_string(as_bytes(e.context));
  }
  bytes all;
  cbor_writer out(all);
  out.text(e.name);
  put_sorted(out, std::move(params));
  out.raw(context);
  return h.sha256({all});
}

}  // namespace hawser
