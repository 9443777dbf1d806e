#include <hawser/core/json_redact.hpp>
#include <hawser/core/redaction.hpp>
#include <hawser/core/text.hpp>

#include <simdjson.h>

#include <algorithm>

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

// One text on its way through: what is written so far, and from where on the rest is to be copied.
class redaction {
 public:
  using target = std::vector<std::string>;
  using targets = std::vector<const target*>;

  redaction(std::string_view json, bool by_name) : rest_(json), by_name_(by_name) {}

  /// Whether all was understood.
  bool value(ondemand::value v, const targets& active, std::size_t depth) {
    if (ends(active, depth)) return hide(v);
    ondemand::json_type type{};
    if (v.type().get(type)) return false;
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
      ondemand::value inner;
      if (member.unescaped_key().get(key)) return false;
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
    const auto at = static_cast<std::size_t>(secret.data() - rest_.data());
    out_.append(rest_.substr(0, at)).append("\"***\"");
    rest_.remove_prefix(at + secret.size());
    return true;
  }

  std::string_view rest_;
  std::string out_;
  bool by_name_;
};

}  // namespace

result<void> validate_json_pointers(const std::vector<std::string>& pointers,
                                    std::string& complaint) {
  for (const std::string& p : pointers) {
    if (is_json_pointer(p)) continue;
    complaint = "not a JSON pointer: '";
    append_escaped(complaint, p);
    complaint += '\'';
    return errc::invalid_option;
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
  const simdjson::padded_string text(json);
  // On demand checks only what it looks at, so the whole is parsed before.
  simdjson::dom::parser whole;
  simdjson::dom::element root;
  if (whole.parse(text).get(root)) return errc::invalid_option;
  redaction::targets active;
  for (const auto& t : targets_) active.push_back(&t);
  if (redaction::ends(active, 0)) return std::string("\"***\"");
  if (!root.is_object() && !root.is_array()) return std::string(json);
  ondemand::parser parser;
  ondemand::document doc;
  ondemand::value value;
  redaction shown(std::string_view(text), by_name_);
  if (parser.iterate(text).get(doc) || doc.get_value().get(value) ||
      !shown.value(value, active, 0)) {
    return errc::invalid_option;
  }
  return std::move(shown).finish();
}

namespace {

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

// Of what looks like JSON and is not, or not all of it.
std::string redact_members(std::string_view text) {
  constexpr std::string_view space = " \r\n\t";
  std::string out;
  std::size_t done = 0;
  for (std::size_t open = text.find('"'); open != text.npos; open = text.find('"', open)) {
    const std::size_t behind = end_of_value(text, open);
    const std::size_t colon = std::min(text.find_first_not_of(space, behind), text.size());
    if (colon == text.size() || text[colon] != ':') {
      // The quote that ended this may as well begin the next one.
      open = std::max(open + 1, behind - 1);
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

}  // namespace

std::string redact_text(std::string_view text) {
  if (auto json = json_redactor().redact(text)) return std::move(*json);
  return redact_parameters(redact_members(text));
}

}  // namespace hawser
