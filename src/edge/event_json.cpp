#include <hawser/core/text/json_text.hpp>
#include <hawser/edge/event_json.hpp>

#include "edge/name_rule.hpp"

#include <simdjson.h>

#include <algorithm>
#include <charconv>

namespace hawser {
namespace {

using governor::decimal;
using simdjson::ondemand::json_type;

constexpr std::size_t max_params = 64;

constexpr int most_exponent = 100;
constexpr std::int64_t far = 1'000'000'000;  // an exponent that nothing makes up for

// The exponent of a number as it is written; far, or -far, if it is beyond.
std::int64_t exponent_of(std::string_view text) {
  if (text.starts_with('+')) text.remove_prefix(1);
  std::int64_t e = 0;
  const auto r = std::from_chars(text.data(), text.data() + text.size(), e);
  if (r.ec != std::errc{}) e = text.starts_with('-') ? -far : far;
  return std::clamp(e, -far, far);
}

bool to_mantissa(const std::string& digits, std::int64_t& to) {
  const auto r = std::from_chars(digits.data(), digits.data() + digits.size(), to);
  return r.ec == std::errc{} && r.ptr == digits.data() + digits.size();
}

// A JSON number (RFC 8259 section 6) as an exact value, its digits as they are written if they fit
// ("1.50" is 150e-2), else without its zeros. Why it cannot be; "": it can.
std::string_view exact(std::string_view raw, governor::value& out) {
  const auto e = std::min(raw.find_first_of("eE"), raw.size());
  const auto point = std::min(raw.find('.'), e);
  std::string digits(raw.substr(0, point));
  if (point < e) digits += raw.substr(point + 1, e - point - 1);
  std::int64_t exponent = e < raw.size() ? exponent_of(raw.substr(e + 1)) : 0;
  const bool near = exponent >= -most_exponent && exponent <= most_exponent;
  exponent -= point < e ? static_cast<std::int64_t>(e - point - 1) : 0;
  std::int64_t mantissa = 0;
  if (near && to_mantissa(digits, mantissa)) {
    if (point == raw.size()) {
      out = mantissa;
    } else {
      out = decimal{mantissa, static_cast<int>(exponent)};
    }
    return {};
  }
  if (digits.find_first_of("123456789") == std::string::npos) {
    out = decimal{};
    return {};
  }
  for (; digits.back() == '0'; digits.pop_back()) ++exponent;
  const bool fits = to_mantissa(digits, mantissa);
  if (!fits && exponent < 0) return "is a number that 64 bits do not hold exactly: too many digits";
  if (!fits || exponent > most_exponent || exponent < -most_exponent) {
    return "is a number that 64 bits do not hold exactly: out of range";
  }
  out = decimal{mantissa, static_cast<int>(exponent)};
  return {};
}

// RFC 8259 section 8.1 lets a reader ignore it.
std::string_view without_mark(std::string_view text) noexcept {
  constexpr std::string_view mark = "\xEF\xBB\xBF";
  return text.starts_with(mark) ? text.substr(mark.size()) : text;
}

error_info refusal(std::string why) { return {errc::bad_event, std::move(why)}; }

}  // namespace

struct event_reader::parser {
  simdjson::ondemand::parser json;
  simdjson::padded_string text;

  result<governor::event, error_info> read(std::string_view line);
  // These say what is wrong with a field; "": nothing, it was taken.
  std::string field(governor::event& e, std::string_view name, simdjson::ondemand::value v);
  std::string name_field(std::string& to, std::string_view name, simdjson::ondemand::value v);
};

event_reader::event_reader() : parser_(std::make_unique<parser>()) {}
event_reader::~event_reader() = default;

result<governor::event, error_info> event_reader::read(std::string_view text) {
  text = without_mark(text);
  if (text.size() <= max_event_size) return parser_->read(text);
  // Its annotation may be all that makes it long.
  const auto context = find_member(text, "context");
  if (!context || text.size() - context->size() >= max_event_size) {
    return refusal("longer than " + std::to_string(max_event_size) + " bytes");
  }
  const auto from = static_cast<std::size_t>(context->data() - text.data());
  auto e = parser_->read(std::string(text.substr(0, from)) + "0" +
                         std::string(text.substr(from + context->size())));
  if (e) {
    e->context.clear();
    e->context_dropped = "makes the event longer than " + std::to_string(max_event_size) + " bytes";
  }
  return e;
}

bool event_reader::is_blank(std::string_view line) noexcept {
  return without_mark(line).find_first_not_of(" \t\r\n") == std::string_view::npos;
}

result<governor::event, error_info> event_reader::parser::read(std::string_view line) {
  text = simdjson::padded_string(line);
  simdjson::ondemand::document doc;
  simdjson::ondemand::object object;
  if (auto e = json.iterate(text).get(doc)) return refusal(simdjson::error_message(e));
  if (auto e = doc.get_object().get(object)) {
    return refusal(e == simdjson::INCORRECT_TYPE ? "not a JSON object"
                                                 : simdjson::error_message(e));
  }
  governor::event out;
  std::vector<std::string> seen;
  for (auto member : object) {
    std::string_view key;
    simdjson::ondemand::value v;
    if (auto e = member.unescaped_key().get(key)) return refusal(simdjson::error_message(e));
    const std::string name(key);
    if (auto e = member.value().get(v))
      return refusal("'" + name + "': " + simdjson::error_message(e));
    if (std::find(seen.begin(), seen.end(), name) != seen.end()) {
      return refusal("'" + name + "' is given twice");
    }
    if (seen.size() == max_params) return refusal("more than 64 fields");
    seen.push_back(name);
    if (std::string why = field(out, name, v); !why.empty()) return refusal(std::move(why));
  }
  // On demand stops reading behind the object; only at the end of the text is there no location.
  if (!doc.current_location().error()) return refusal("something follows the object");
  if (out.governor.empty()) return refusal("'governor' is missing");
  if (out.id.empty()) return refusal("'id' is missing");
  if (out.name.empty()) return refusal("'event' is missing");
  return out;
}

std::string event_reader::parser::name_field(std::string& to, std::string_view name,
                                             simdjson::ondemand::value v) {
  std::string_view s;
  if (v.get_string().get(s) || !follows_name_rule(s)) {
    return "'" + std::string(name) + "' " + std::string(name_rule);
  }
  to = s;
  return {};
}

std::string event_reader::parser::field(governor::event& e, std::string_view name,
                                        simdjson::ondemand::value v) {
  if (name == "governor") return name_field(e.governor, name, v);
  if (name == "id") return name_field(e.id, name, v);
  if (name == "event") return name_field(e.name, name, v);
  if (name == "key") return name_field(e.key, name, v);
  const auto refuse = [&](std::string_view why) {
    return "'" + std::string(name) + "' " + std::string(why);
  };
  json_type type{};
  if (auto error = v.type().get(type)) return refuse(simdjson::error_message(error));
  if (name == "context") {
    std::string_view raw;
    if (auto error = simdjson::to_json_string(v).get(raw))
      return refuse(simdjson::error_message(error));
    // On demand, what nobody looks into was only skipped.
    json_fault fault{};
    if (auto minified = minify_json(raw, fault)) {
      e.context = *std::move(minified);
    } else if (fault == json_fault::malformed) {
      return refuse(to_string(fault));  // Nor is the event, then.
    } else {
      e.context_dropped = to_string(fault);
    }
    return {};
  }
  governor::value out;
  switch (type) {
    case json_type::string: {
      std::string_view s;
      if (auto error = v.get_string().get(s)) return refuse(simdjson::error_message(error));
      out = std::string(s);
      break;
    }
    case json_type::boolean: {
      bool b = false;
      if (auto error = v.get_bool().get(b)) return refuse(simdjson::error_message(error));
      out = b;
      break;
    }
    case json_type::number: {
      std::string_view raw = v.raw_json_token();  // which is not validated
      raw = raw.substr(0, raw.find_last_not_of(" \t\n\r") + 1);
      if (!is_json_number(raw)) return refuse("is no number of JSON");
      if (const auto why = exact(raw, out); !why.empty()) return refuse(why);
      break;
    }
    default:
      return refuse("must be text, a number, true or false");
  }
  e.params.emplace_back(std::string(name), std::move(out));
  return {};
}

}  // namespace hawser
