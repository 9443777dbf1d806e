#include <hawser/core/text/ascii.hpp>
#include <hawser/core/text/redaction.hpp>

#include <algorithm>
#include <iterator>
#include <utility>

namespace hawser {
namespace {

constexpr std::string_view stars = "***";
// A parameter within a parameter within a parameter.
constexpr int max_nesting = 3;

constexpr std::string_view parts[] = {"auth",  "cookie", "token",     "secret",     "key",
                                      "passw", "pwd",    "signature", "credential", "session"};
// Those of the first kind count in JSON, too.
constexpr std::string_view words_anywhere[] = {"sig",    "jwt", "otp", "hmac",
                                               "bearer", "pin", "pass"};
constexpr std::string_view words_of_parameters[] = {"code", "ticket", "sid", "nonce"};

// Of what is not ASCII every byte counts as one.
bool is_letter(char c) noexcept {
  return is_lower(c) || is_upper(c) || static_cast<unsigned char>(c) >= 0x80;
}

std::string decode(std::string_view s) {
  std::string out;
  for (std::size_t i = 0; i < s.size(); ++i) {
    const int high = s[i] == '%' && i + 2 < s.size() ? hex_value(s[i + 1]) : -1;
    const int low = high >= 0 ? hex_value(s[i + 2]) : -1;
    if (low < 0) {
      out += s[i] == '+' ? ' ' : s[i];
    } else {
      out += static_cast<char>(high * 16 + low);
      i += 2;
    }
  }
  return out;
}

// Whether a word of `name` begins, or ends, in front of `at`: "accessToken", "SASToken",
// "JWTvalue".
bool is_boundary(std::string_view name, std::size_t at, bool all_upper) noexcept {
  if (at == 0 || at == name.size()) return true;
  const char before = name[at - 1], after = name[at];
  if (!is_letter(before) || !is_letter(after)) return true;
  if (is_lower(before) && is_upper(after)) return true;
  if (!is_upper(before)) return false;
  if (is_upper(after)) return at + 1 < name.size() && is_lower(name[at + 1]);
  return all_upper;  // The end of an abbreviation.
}

std::size_t find_word(std::string_view name, std::string_view lowered, std::string_view word) {
  for (std::size_t at = 0; (at = lowered.find(word, at)) != std::string_view::npos; ++at) {
    const std::size_t end = at + word.size();
    const bool all_upper = std::all_of(name.begin() + static_cast<std::ptrdiff_t>(at),
                                       name.begin() + static_cast<std::ptrdiff_t>(end), is_upper);
    if (is_boundary(name, at, false) && is_boundary(name, end, all_upper)) return end;
  }
  return std::string_view::npos;
}

std::string lowered(std::string_view s) {
  std::string out(s);
  std::transform(out.begin(), out.end(), out.begin(), lower);
  return out;
}

// What the server says of the credentials that it wants (RFC 9110 section 11.6.1).
bool is_challenge(std::string_view low) noexcept {
  return low == "www-authenticate" || low == "proxy-authenticate";
}

// Where the first word that makes a name secret ends; std::string_view::npos: it is not.
std::size_t end_of_secret_word(std::string_view name, bool is_member, bool is_string) {
  if (name.size() < 3) return std::string_view::npos;  // No word is shorter.
  const std::string low = lowered(name);
  if (is_challenge(low)) return std::string_view::npos;
  std::size_t end = std::string_view::npos;
  for (const std::string_view part : parts) {
    if (const auto at = low.find(part); at != std::string_view::npos)
      end = std::min(end, at + part.size());
  }
  if (is_member && !is_string) return end;
  for (const std::string_view w : words_anywhere) end = std::min(end, find_word(name, low, w));
  if (is_member) return end;
  for (const std::string_view w : words_of_parameters) {
    end = std::min(end, find_word(name, low, w));
  }
  return end;
}

// What a name in front of a `=` cannot hold.
bool ends_name(char c) noexcept {
  return static_cast<unsigned char>(c) <= 0x20 ||
         std::string_view("?&;#=,\"'<>(){}/").find(c) != std::string_view::npos;
}

std::string_view name_before(std::string_view text, std::size_t equals) {
  std::size_t end = equals;
  while (end > 0 && text[end - 1] == ' ') --end;
  std::size_t begin = end;
  while (begin > 0 && !ends_name(text[begin - 1])) --begin;
  return text.substr(begin, end - begin);
}

// Where the name of a header field begins that ends at `colon`, `X-Api-Key: ...` on a line of a
// dump; std::string_view::npos: there is none whose value is secret. One word before a colon is
// mostly prose.
std::size_t secret_field(std::string_view text, std::size_t colon) {
  constexpr std::size_t longest = 64;
  const auto is_name = [](char c) {
    return is_lower(c) || is_upper(c) || (c >= '0' && c <= '9') || c == '-' || c == '_';
  };
  std::size_t begin = colon;
  while (begin > 0 && colon - begin <= longest && is_name(text[begin - 1])) --begin;
  if (begin > 0 && !ends_name(text[begin - 1])) return std::string_view::npos;
  if (begin > 0 && text[begin - 1] == '/') return std::string_view::npos;
  const std::string name = lowered(text.substr(begin, colon - begin));
  const bool is_field =
      name == "authorization" || name == "cookie" || name.find('-') != std::string_view::npos;
  return is_field && is_secret(name) ? begin : std::string_view::npos;
}

class parameters {
 public:
  parameters(std::string_view text, hidden_parts* hidden, int nesting)
      : text_(text), hidden_(hidden), nesting_(nesting) {}

  std::string redact() && {
    bool quoted = false;
    bool in_path = text_.starts_with('/');
    bool is_new = true;  // No value of this parameter was looked into yet.
    for (std::size_t i = 0; i < text_.size(); ++i) {
      const char c = text_[i];
      if (c == '"') quoted = !quoted;
      if (c == '?' || c == ' ') in_path = false;
      if (c == '&' || c == '\r' || c == '\n') is_new = true;
      if (c == '/' && text_.substr(i, 2) == "//") hide_user(i + 2);
      if (i < done_) continue;
      if (c == ':') hide_field(i, quoted);
      if (c == '%' && i >= looked_into_) hide_encoded(i);
      if (c != '=') continue;
      const std::string_view name = name_before(text_, i);
      const auto at = static_cast<std::size_t>(name.data() - text_.data());
      // Within a segment of a path (RFC 3986 section 3.3), or behind a `?` that was forgotten.
      if (in_path && (at == 0 || (text_[at - 1] != ';' && text_[at - 1] != '&'))) continue;
      const bool named = is_secret(name);
      // Once for each parameter: what a peer sends is full of `=`.
      if (!named && !std::exchange(is_new, false)) continue;
      // A value goes as far as the servers that take it for the longest say.
      const char* ends = quoted ? "&\r\n\"" : in_path ? "&\r\n?" : "&\r\n";
      const std::size_t end = std::min(text_.find_first_of(ends, i + 1), text_.size());
      const std::string_view value = text_.substr(i + 1, end - i - 1);
      if (!named) looked_into_ = end;
      if (!named && !holds_secret(value)) continue;
      if (named && hidden_ != nullptr && !value.empty()) hidden_->emplace_back(value);
      hide(i + 1, end);
      i = end - 1;
    }
    out_ += text_.substr(done_);
    return std::move(out_);
  }

 private:
  void hide(std::size_t from, std::size_t to) {
    if (from >= to) return;
    (out_ += text_.substr(done_, from - done_)) += stars;
    done_ = to;
  }

  void hide_field(std::size_t colon, bool quoted) {
    if (secret_field(text_, colon) == std::string_view::npos) return;
    const std::size_t end =
        std::min(text_.find_first_of(quoted ? "\r\n\"" : "\r\n", colon), text_.size());
    const std::size_t from = std::min(text_.find_first_not_of(" \t", colon + 1), end);
    if (hidden_ != nullptr && from < end) hidden_->emplace_back(text_.substr(from, end - from));
    hide(from, end);
  }

  // A URL or a form that is no parameter's value: a segment of a path, a word.
  void hide_encoded(std::size_t percent) {
    std::size_t from = percent;
    while (from > done_ && !ends_name(text_[from - 1])) --from;
    std::size_t to = percent;
    while (to < text_.size() && !ends_name(text_[to])) ++to;
    looked_into_ = to;
    if (holds_secret(text_.substr(from, to - from))) hide(from, to);
  }

  // RFC 3986 section 3.2.1
  void hide_user(std::size_t from) {
    const std::size_t end = std::min(text_.find_first_of("/?#\"'<> \r\n\t", from), text_.size());
    const auto at = text_.substr(from, end - from).rfind('@');
    if (at == std::string_view::npos || from < done_) return;
    const std::string_view user = text_.substr(from, at);
    if (hidden_ != nullptr && !user.empty()) {
      hidden_->emplace_back(user.substr(user.find(':') + 1));  // The password, or all of it.
    }
    hide(from, from + at);
  }

  bool holds_secret(std::string_view value) const {
    hidden_parts inner;
    std::string text(value);
    for (int n = nesting_;
         n < max_nesting && inner.empty() && text.find('%') != std::string_view::npos; ++n) {
      text = decode(text);
      (void)parameters(text, &inner, n + 1).redact();
    }
    if (hidden_ != nullptr) std::move(inner.begin(), inner.end(), std::back_inserter(*hidden_));
    return !inner.empty();
  }

  std::string_view text_;
  hidden_parts* hidden_;
  int nesting_;
  std::string out_;
  std::size_t done_ = 0;         // what out_ holds of text_
  std::size_t looked_into_ = 0;  // for what is encoded
};

}  // namespace

bool is_secret(std::string_view name) {
  if (end_of_secret_word(name, false, false) != std::string_view::npos) return true;
  return name.find_first_of("%+") != std::string_view::npos &&
         end_of_secret_word(decode(name), false, false) != std::string_view::npos;
}

bool is_secret_member(std::string_view name, bool is_string) {
  return end_of_secret_word(name, true, is_string) != std::string_view::npos;
}

std::string redact_parameters(std::string_view text, hidden_parts* hidden) {
  return parameters(text, hidden, 0).redact();
}

std::string redact_parts(std::string_view text) {
  constexpr std::string_view field = "content-disposition:", parameter = "name=";
  const std::string low = lowered(text);
  std::string out;
  std::size_t done = 0;
  for (std::size_t at = low.find(field); at != std::string_view::npos; at = low.find(field, at)) {
    at += field.size();
    const std::size_t crlf = low.find("\r\n\r\n", at), lf = low.find("\n\n", at);
    const std::size_t head = std::min(crlf, lf);
    if (head == std::string_view::npos)
      break;  // Cut within the header of the part: there is no value.
    const std::size_t value = head + (crlf < lf ? 4 : 2);
    std::size_t name = low.find(parameter, at);
    while (name < head && low[name - 1] != ' ' && low[name - 1] != ';') {  // filename=
      name = low.find(parameter, name + 1);
    }
    at = value;
    if (name >= head) continue;
    name += parameter.size();
    const char* ends = text[name] == '"' ? "\"\r\n" : "; \r\n";
    if (text[name] == '"') ++name;
    const std::size_t behind = text.find_first_of(ends, name);
    if (!is_secret(text.substr(name, behind - name))) continue;
    at = std::min({low.find("\r\n--", value), low.find("\n--", value), low.size()});
    if (at == value) continue;
    out.append(text.substr(done, value - done)).append(stars);
    done = at;
  }
  return out.append(text.substr(done));
}

std::vector<std::string> redact_subprotocols(std::span<const std::string> offered,
                                             hidden_parts* hidden) {
  std::vector<std::string> out;
  bool is_value = false;
  for (const std::string& protocol : offered) {
    std::size_t end = is_value ? 0 : end_of_secret_word(protocol, false, false);
    if (end == std::string_view::npos && is_secret(protocol)) end = 0;  // Percent-encoded.
    is_value = false;
    if (end == std::string_view::npos) {
      out.push_back(protocol);
      continue;
    }
    while (end != 0 && end < protocol.size() && !is_letter(protocol[end]) &&
           (protocol[end] < '0' || protocol[end] > '9')) {
      ++end;
    }
    is_value = end == protocol.size();
    if (hidden != nullptr && !is_value) hidden->push_back(protocol.substr(end));
    out.push_back(protocol.substr(0, end) + std::string(is_value ? "" : stars));
  }
  return out;
}

std::string redact_field(std::string_view name, std::string_view value, hidden_parts* hidden) {
  const std::string low = lowered(name);
  if (is_challenge(low)) return std::string(value);
  if (low == "sec-websocket-protocol") {
    std::vector<std::string> offered;
    for (std::size_t at = 0; at <= value.size();) {
      const std::size_t end = std::min(value.find(',', at), value.size());
      std::string_view one = value.substr(at, end - at);
      one.remove_prefix(std::min(one.find_first_not_of(" \t"), one.size()));
      one = one.substr(0, one.find_last_not_of(" \t") + 1);
      offered.emplace_back(one);
      at = end + 1;
    }
    std::string out;
    for (const std::string& shown : redact_subprotocols(offered, hidden)) {
      out += (out.empty() ? "" : ", ") + shown;
    }
    return out;
  }
  if (!is_secret(name)) return redact_parameters(value, hidden);
  if (hidden != nullptr && !value.empty()) hidden->emplace_back(value);
  return std::string(stars);
}

}  // namespace hawser
