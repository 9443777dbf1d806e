#include <hawser/core/text/json_redact.hpp>
#include <hawser/core/text/json_writer.hpp>
#include <hawser/core/text/redaction.hpp>
#include <hawser/core/text/text.hpp>

#include <simdjson.h>

#include <algorithm>
#include <charconv>
#include <optional>

namespace hawser {
namespace {

namespace ondemand = simdjson::ondemand;

bool is_json_pointer(std::string_view text) noexcept {
  if (!text.empty() && text.front() != '/') return false;
  for (std::size_t i = 0; i < text.size(); ++i) {
    if (text[i] == '~' && text.substr(i + 1, 1) != "0" && text.substr(i + 1, 1) != "1")
      return false;
  }
  return true;
}

// The reference tokens, unescaped (RFC 6901 section 4).
std::vector<std::string> tokens_of(std::string_view pointer) {
  std::vector<std::string> out;
  for (std::size_t i = 0; i < pointer.size(); ++i) {
    if (pointer[i] == '/') {
      out.emplace_back();
    } else if (pointer[i] == '~') {
      out.back() += pointer[++i] == '0' ? '~' : '/';
    } else {
      out.back() += pointer[i];
    }
  }
  return out;
}

// Texts that stand in strings of texts, and so on. What nests deeper is not shown.
constexpr int max_texts = 3;

std::string redact_any(std::string_view text, int nesting);

std::string as_json(std::string_view text) {
  std::string out;
  json_writer(out).text(text);
  return out;
}

// A URL, a form, or JSON of its own. Almost no string is any of them.
std::string redact_string(std::string_view text, int nesting) {
  const bool may_hold = text.find_first_of("=%:\"") != text.npos || text.find("//") != text.npos;
  return may_hold ? redact_any(text, nesting + 1) : std::string(text);
}

// Behind the value that begins at `at`; of an object or array that may be all that follows.
std::size_t end_of_value(std::string_view text, std::size_t at) {
  if (at == text.size()) return at;
  if (text[at] == '{' || text[at] == '[') return text.size();
  if (text[at] != '"') return std::min(text.find_first_of(",}] \r\n\t", at), text.size());
  for (std::size_t i = at + 1; i < text.size(); ++i) {
    if (text[i] == '"') return i + 1;
    if (text[i] == '\\') ++i;
  }
  return text.size();
}

// One text on its way through: what is written so far, and from where on the rest is to be copied.
class redaction {
 public:
  using target = std::vector<std::string>;
  using targets = std::vector<const target*>;

  redaction(std::string_view json, bool by_name, int nesting)
      : rest_(json), by_name_(by_name), nesting_(nesting) {}

  /// Whether all was understood.
  bool value(ondemand::value v, const targets& active, std::size_t depth) {
    if (ends(active, depth)) return hide(v);
    ondemand::json_type type{};
    if (v.type().get(type)) return false;
    if (type == ondemand::json_type::string && by_name_) return string(v);
    const bool is_object = type == ondemand::json_type::object;
    if (!is_object && type != ondemand::json_type::array) return true;
    if (depth == json_redactor::max_depth) return false;
    return is_object ? object(v, active, depth) : array(v, active, depth);
  }
  std::string finish() && {
    out_ += rest_;
    return std::move(out_);
  }

  static bool ends(const targets& active, std::size_t depth) {
    return std::any_of(active.begin(), active.end(),
                       [&](const target* t) { return t->size() == depth; });
  }

 private:
  static targets below(const targets& active, std::size_t depth, std::string_view token) {
    targets out;
    std::copy_if(active.begin(), active.end(), std::back_inserter(out),
                 [&](const target* t) { return t->size() > depth && (*t)[depth] == token; });
    return out;
  }

  bool object(ondemand::value v, const targets& active, std::size_t depth) {
    ondemand::object members;
    if (v.get_object().get(members)) return false;
    for (auto member : members) {
      std::string_view key;
      ondemand::raw_json_string written;
      ondemand::value inner;
      if (member.key().get(written) || member.unescaped_key().get(key)) return false;
      if (by_name_) name(written.raw(), key);
      const targets next = below(active, depth, key);
      if (member.value().get(inner)) return false;
      ondemand::json_type type{};
      if (inner.type().get(type)) return false;
      const bool secret = by_name_ && is_secret_member(key, type == ondemand::json_type::string);
      if (!(secret ? hide(inner) : value(inner, next, depth + 1))) return false;
    }
    return true;
  }

  bool array(ondemand::value v, const targets& active, std::size_t depth) {
    ondemand::array elements;
    if (v.get_array().get(elements)) return false;
    std::size_t index = 0;
    for (auto element : elements) {
      ondemand::value inner;
      if (element.get(inner)) return false;
      const targets next = below(active, depth, std::to_string(index++));
      if (!value(inner, next, depth + 1)) return false;
    }
    return true;
  }

  bool hide(ondemand::value v) {
    std::string_view secret;
    if (simdjson::to_json_string(v).get(secret)) return false;
    replace(secret, "\"***\"");
    return true;
  }

  bool string(ondemand::value v) {
    const std::string_view written = v.raw_json_token();
    std::string_view text;
    if (v.get_string().get(text)) return false;
    show(written, text);
    return true;
  }

  void name(const char* behind_quote, std::string_view key) {
    const auto at = static_cast<std::size_t>(behind_quote - 1 - rest_.data());
    show(rest_.substr(at), key);
  }

  // `written` begins with the string that means `text`.
  void show(std::string_view written, std::string_view text) {
    const std::string shown = redact_string(text, nesting_);
    if (shown != text) replace(written.substr(0, end_of_value(written, 0)), as_json(shown));
  }

  void replace(std::string_view what, std::string_view by) {
    const auto at = static_cast<std::size_t>(what.data() - rest_.data());
    out_.append(rest_.substr(0, at)).append(by);
    rest_.remove_prefix(at + what.size());
  }

  std::string_view rest_;
  std::string out_;
  bool by_name_;
  int nesting_;
};

result<std::string> redact_json(std::string_view json,
                                const std::vector<std::vector<std::string>>& pointers, bool by_name,
                                int nesting) {
  const simdjson::padded_string text(json);
  // On demand checks only what it looks at, so the whole is parsed before.
  simdjson::dom::parser whole;
  simdjson::dom::element root;
  if (whole.parse(text).get(root)) return errc::invalid_option;
  redaction::targets active;
  for (const auto& t : pointers) active.push_back(&t);
  if (redaction::ends(active, 0)) return std::string("\"***\"");
  std::string_view said;
  if (by_name && !root.get_string().get(said)) {
    const std::string shown = redact_string(said, nesting);
    return shown == said ? std::string(json) : as_json(shown);
  }
  if (!root.is_object() && !root.is_array()) return std::string(json);
  ondemand::parser parser;
  ondemand::document doc;
  ondemand::value value;
  redaction shown(std::string_view(text), by_name, nesting);
  if (parser.iterate(text).get(doc) || doc.get_value().get(value) ||
      !shown.value(value, active, 0)) {
    return errc::invalid_option;
  }
  return std::move(shown).finish();
}

// Escapes as the characters that they mean, but for quotes, line feeds and what is not ASCII: names
// and delimiters may be written so.
std::string without_escapes(std::string_view text) {
  std::string out;
  for (std::size_t i = 0; i < text.size(); ++i) {
    if (text[i] != '\\' || i + 1 == text.size()) {
      out += text[i];
      continue;
    }
    unsigned code = 0;
    const std::string_view digits = text.substr(std::min(i + 2, text.size()), 4);
    const bool is_code =
        text[i + 1] == 'u' && digits.size() == 4 &&
        std::from_chars(digits.data(), digits.data() + 4, code, 16).ptr == digits.data() + 4;
    if (text[i + 1] == '/') {
      out += '/';
      ++i;
    } else if (is_code && code > 0x20 && code < 0x7f && code != '"' && code != '\\') {
      out += static_cast<char>(code);
      i += 5;
    } else {
      out.append(text.substr(i, 2));  // Whatever it escapes begins no escape.
      ++i;
    }
  }
  return out;
}

}  // namespace

result<void, error_info> validate_json_pointers(const std::vector<std::string>& pointers) {
  for (const std::string& p : pointers) {
    if (is_json_pointer(p)) continue;
    std::string why = "not a JSON pointer: '";
    append_escaped(why, p);
    return invalid_option(why + '\'');
  }
  return {};
}

json_redactor::json_redactor(const std::vector<std::string>& pointers, bool by_name)
    : by_name_(by_name) {
  for (const std::string& p : pointers) {
    if (is_json_pointer(p)) targets_.push_back(tokens_of(p));
  }
}

result<std::string> json_redactor::redact(std::string_view json) const {
  return redact_json(json, targets_, by_name_, 0);
}

namespace {

// A string in which quotes are escaped may hold JSON of its own. Empty: nothing of it is hidden.
std::optional<std::string> redact_inner(std::string_view written, int nesting) {
  if (written.find("\\\"") == written.npos) return std::nullopt;
  if (nesting > max_texts) return "\"***\"";
  std::string text;
  for (std::size_t i = 1; i < written.size() && written[i] != '"'; ++i) {
    const char next = written.substr(i + 1, 1).empty() ? '\0' : written[i + 1];
    if (written[i] == '\\' && (next == '"' || next == '\\')) ++i;
    text += written[i];
  }
  const std::string shown = redact_any(text, nesting + 1);
  if (shown == text) return std::nullopt;
  return as_json(shown);
}

// Of what looks like JSON and is not, or not all of it.
std::string redact_members(std::string_view text, int nesting) {
  constexpr std::string_view space = " \r\n\t";
  std::string out;
  std::size_t done = 0;
  for (std::size_t open = text.find('"'); open != text.npos; open = text.find('"', open)) {
    const std::size_t behind = end_of_value(text, open);
    const std::size_t colon = std::min(text.find_first_not_of(space, behind), text.size());
    if (colon == text.size() || text[colon] != ':') {
      const auto inner = redact_inner(text.substr(open, behind - open), nesting);
      if (inner) {
        out.append(text.substr(done, open - done)).append(*inner);
        done = behind;
      }
      // The quote that ended this may as well begin the next one.
      open = inner ? behind : std::max(open + 1, behind - 1);
      continue;
    }
    const std::size_t value = std::min(text.find_first_not_of(space, colon + 1), text.size());
    const bool is_string = value < text.size() && text[value] == '"';
    const bool secret = is_secret_member(text.substr(open + 1, behind - open - 2), is_string);
    const std::size_t end = secret ? end_of_value(text, value) : value;
    if (value < end) {
      out.append(text.substr(done, value - done)).append("\"***\"");
      done = open = end;
    } else {
      open = value;
    }
  }
  return out.append(text.substr(done));
}

std::string redact_any(std::string_view text, int nesting) {
  const auto begin = text.find_first_not_of(" \r\n\t");
  const bool is_json =
      begin != text.npos && std::string_view("{[\"").find(text[begin]) != text.npos;
  if (is_json && nesting > max_texts) return "***";
  if (is_json) {
    if (auto json = redact_json(text, {}, true, nesting)) return std::move(*json);
  }
  return redact_parameters(redact_members(without_escapes(redact_parts(text)), nesting));
}

}  // namespace

std::string redact_text(std::string_view text) { return redact_any(text, 0); }

}  // namespace hawser
