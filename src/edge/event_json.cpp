#include <hawser/edge/event_json.hpp>

#include <simdjson.h>

#include <algorithm>
#include <charconv>

namespace hawser {
namespace {

using governor::decimal;
using simdjson::ondemand::json_type;

constexpr std::size_t max_name = 256;
constexpr std::size_t max_params = 64;

bool is_name(std::string_view s) noexcept {
  return !s.empty() && s.size() <= max_name && std::none_of(s.begin(), s.end(), [](char c) {
    return static_cast<unsigned char>(c) < 0x20 || c == 0x7F;
  });
}

// A JSON number (RFC 8259 section 6) as an exact value; false if 64 bits do not hold its digits.
bool exact(std::string_view raw, governor::value& out) {
  while (!raw.empty() && (raw.back() == ' ' || raw.back() == '\t')) raw.remove_suffix(1);
  const auto e = std::min(raw.find_first_of("eE"), raw.size());
  const auto point = std::min(raw.find('.'), e);
  std::string digits(raw.substr(0, point));
  if (point < e) digits += raw.substr(point + 1, e - point - 1);
  int exponent = 0;
  if (e < raw.size()) {
    auto text = raw.substr(e + 1);
    if (!text.empty() && text.front() == '+') text.remove_prefix(1);
    const auto r = std::from_chars(text.data(), text.data() + text.size(), exponent);
    if (r.ec != std::errc{} || r.ptr != text.data() + text.size() || exponent > 100 ||
        exponent < -100)
      return false;
  }
  exponent -= point < e ? static_cast<int>(e - point - 1) : 0;
  std::int64_t mantissa = 0;
  const auto r = std::from_chars(digits.data(), digits.data() + digits.size(), mantissa);
  if (r.ec != std::errc{} || r.ptr != digits.data() + digits.size()) return false;
  if (point == raw.size()) {
    out = mantissa;
  } else {
    out = decimal{mantissa, exponent};
  }
  return true;
}

}  // namespace

struct event_reader::parser {
  simdjson::ondemand::parser json;
  simdjson::padded_string text;

  result<governor::event> read(std::string_view line, std::string& detail);
  bool field(governor::event& e, std::string_view name, simdjson::ondemand::value v,
             std::string& detail);
  bool name_field(std::string& to, std::string_view name, simdjson::ondemand::value v,
                  std::string& detail);
};

event_reader::event_reader() : parser_(std::make_unique<parser>()) {}
event_reader::~event_reader() = default;

result<governor::event> event_reader::read(std::string_view text, std::string& detail) {
  if (text.size() > max_event_size) {
    detail = "longer than " + std::to_string(max_event_size) + " bytes";
    return errc::bad_event;
  }
  return parser_->read(text, detail);
}

result<governor::event> event_reader::parser::read(std::string_view line, std::string& detail) {
  text = simdjson::padded_string(line);
  simdjson::ondemand::document doc;
  simdjson::ondemand::object object;
  const auto refuse = [&](std::string why) -> error_code {
    detail = std::move(why);
    return errc::bad_event;
  };
  if (auto e = json.iterate(text).get(doc)) return refuse(simdjson::error_message(e));
  if (auto e = doc.get_object().get(object)) {
    return refuse(e == simdjson::INCORRECT_TYPE ? "not a JSON object" : simdjson::error_message(e));
  }
  governor::event out;
  std::vector<std::string> seen;
  for (auto member : object) {
    std::string_view key;
    simdjson::ondemand::value v;
    if (auto e = member.unescaped_key().get(key)) return refuse(simdjson::error_message(e));
    const std::string name(key);
    if (auto e = member.value().get(v))
      return refuse("'" + name + "': " + simdjson::error_message(e));
    if (std::find(seen.begin(), seen.end(), name) != seen.end()) {
      return refuse("'" + name + "' is given twice");
    }
    if (seen.size() == max_params) return refuse("more than 64 fields");
    seen.push_back(name);
    if (!field(out, name, v, detail)) return errc::bad_event;
  }
  // On demand stops reading behind the object; only at the end of the text is there no location.
  if (!doc.current_location().error()) return refuse("something follows the object");
  if (out.governor.empty()) return refuse("'governor' is missing");
  if (out.id.empty()) return refuse("'id' is missing");
  if (out.name.empty()) return refuse("'event' is missing");
  return out;
}

bool event_reader::parser::name_field(std::string& to, std::string_view name,
                                      simdjson::ondemand::value v, std::string& detail) {
  std::string_view s;
  if (v.get_string().get(s) || !is_name(s)) {
    detail =
        "'" + std::string(name) + "' must be text of 1 to 256 bytes without control characters";
    return false;
  }
  to = s;
  return true;
}

bool event_reader::parser::field(governor::event& e, std::string_view name,
                                 simdjson::ondemand::value v, std::string& detail) {
  if (name == "governor") return name_field(e.governor, name, v, detail);
  if (name == "id") return name_field(e.id, name, v, detail);
  if (name == "event") return name_field(e.name, name, v, detail);
  if (name == "key") return name_field(e.key, name, v, detail);
  const auto refuse = [&](std::string_view why) {
    detail = "'" + std::string(name) + "' " + std::string(why);
    return false;
  };
  json_type type{};
  if (auto error = v.type().get(type)) return refuse(simdjson::error_message(error));
  if (name == "context") {
    std::string_view raw;
    if (auto error = simdjson::to_json_string(v).get(raw))
      return refuse(simdjson::error_message(error));
    // Parsed whole: on demand, what nobody looks into was only skipped.
    simdjson::dom::parser whole;
    simdjson::dom::element value;
    if (auto error = whole.parse(raw.data(), raw.size()).get(value)) {
      return refuse(simdjson::error_message(error));
    }
    e.context = simdjson::minify(value);
    return true;
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
      const std::string_view raw = v.raw_json_token();
      double checked = 0;  // What raw_json_token gives is not validated.
      if (auto error = v.get_double().get(checked)) return refuse(simdjson::error_message(error));
      if (!exact(raw, out)) return refuse("is a number that 64 bits do not hold exactly");
      break;
    }
    default:
      return refuse("must be text, a number, true or false");
  }
  e.params.emplace_back(std::string(name), std::move(out));
  return true;
}

}  // namespace hawser
