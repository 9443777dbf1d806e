#include <hawser/core/text/ascii.hpp>
#include <hawser/core/text/sent_secrets.hpp>

#include <algorithm>
#include <charconv>
#include <iterator>
#include <unordered_set>

namespace hawser {
namespace {

constexpr std::size_t shortest_beginning = 3;
// A shorter secret is looked for as a word only: its letters are everywhere.
constexpr std::size_t shortest_part = 4;
constexpr int max_rounds = 3;  // of decoding: what is escaped twice is rare

// Text, and for each byte where it stands in the original.
struct mapped_text {
  std::string text;
  std::vector<std::size_t> begins;  // one more than bytes: its end
};

struct escape {
  std::string_view written;
  char means;
};
constexpr escape escapes[] = {{"\\/", '/'},  {"\\\"", '"'}, {"\\\\", '\\'},  {"&amp;", '&'},
                              {"&lt;", '<'}, {"&gt;", '>'}, {"&quot;", '"'}, {"&apos;", '\''}};

struct numeric_escape {
  std::string_view prefix;
  std::size_t digits;  // exactly; 0: up to a semicolon
  int base;
};
constexpr numeric_escape numeric_escapes[] = {{"%", 2, 16},   {"\\u", 4, 16}, {"\\x", 2, 16},
                                              {"&#x", 0, 16}, {"&#X", 0, 16}, {"&#", 0, 10}};

// The byte that `s` begins with, and how long it is written.
std::pair<char, std::size_t> front(std::string_view s) {
  for (const escape& e : escapes) {
    if (s.starts_with(e.written)) return {e.means, e.written.size()};
  }
  for (const numeric_escape& e : numeric_escapes) {
    if (!s.starts_with(e.prefix)) continue;
    const std::size_t from = e.prefix.size();
    const std::size_t to = e.digits != 0 ? from + e.digits : s.substr(0, from + 8).find(';');
    if (to == std::string_view::npos || to > s.size() || to == from) continue;
    unsigned value = 0;
    const auto [end, ec] = std::from_chars(s.data() + from, s.data() + to, value, e.base);
    if (ec != std::errc{} || end != s.data() + to || value > 0xff) continue;
    return {static_cast<char>(value), to + (e.digits == 0 ? 1 : 0)};
  }
  return {s.front(), 1};
}

mapped_text decode(const mapped_text& from) {
  mapped_text out;
  for (std::size_t i = 0; i < from.text.size();) {
    const auto [c, length] = front(std::string_view(from.text).substr(i));
    out.text += c;
    out.begins.push_back(from.begins[i]);
    i += length;
  }
  out.begins.push_back(from.begins.back());
  return out;
}

mapped_text as_it_is(std::string_view text) {
  mapped_text out{std::string(text), {}};
  for (std::size_t i = 0; i <= text.size(); ++i) out.begins.push_back(i);
  return out;
}

int base64_value(char c) noexcept {
  if (c >= 'A' && c <= 'Z') return c - 'A';
  if (c >= 'a' && c <= 'z') return c - 'a' + 26;
  if (c >= '0' && c <= '9') return c - '0' + 52;
  return c == '+' || c == '-' ? 62 : c == '/' || c == '_' ? 63 : -1;
}

// Of either alphabet, padded or not (RFC 4648); empty if it is none.
std::string decode_base64(std::string_view s) {
  s = s.substr(0, s.find_last_not_of('=') + 1);
  std::string out;
  unsigned bits = 0;
  int held = 0;
  for (const char c : s) {
    const int v = base64_value(c);
    if (v < 0) return {};
    bits = (bits << 6 | static_cast<unsigned>(v)) & 0xffffff;
    held += 6;
    if (held < 8) continue;
    held -= 8;
    out += static_cast<char>(bits >> held & 0xff);
  }
  return out;
}

// What is to be hidden of a text.
class marks {
 public:
  explicit marks(std::size_t size) : hidden_(size, false) {}
  void put(const mapped_text& v, std::size_t from, std::size_t to) {
    std::fill(hidden_.begin() + static_cast<std::ptrdiff_t>(v.begins[from]),
              hidden_.begin() + static_cast<std::ptrdiff_t>(v.begins[to]), true);
  }
  std::string apply(std::string_view text) const {
    std::string out;
    for (std::size_t i = 0; i < text.size(); ++i) {
      if (!hidden_[i]) {
        out += text[i];
      } else if (i == 0 || !hidden_[i - 1]) {
        out += "***";
      }
    }
    return out;
  }

 private:
  std::vector<bool> hidden_;
};

void find_whole(const mapped_text& v, std::string_view secret, marks& to) {
  const std::string_view text = v.text;
  for (std::size_t at = 0; (at = text.find(secret, at)) != std::string_view::npos; ++at) {
    const std::size_t end = at + secret.size();
    const bool part_of_word = (at > 0 && is_alphanumeric(text[at - 1])) ||
                              (end < text.size() && is_alphanumeric(text[end]));
    if (secret.size() >= shortest_part || !part_of_word) to.put(v, at, end);
  }
}

void find_beginning_at_end(const mapped_text& v, std::string_view secret, marks& to) {
  const std::string_view text = v.text;
  for (std::size_t n = std::min(secret.size() - 1, text.size()); n >= shortest_beginning; --n) {
    if (text.ends_with(secret.substr(0, n))) return to.put(v, text.size() - n, text.size());
  }
}

}  // namespace

void sent_secrets::add(std::string_view secret) {
  if (secret.size() > 1 && secret.front() == '"' && secret.back() == '"') {
    secret = secret.substr(1, secret.size() - 2);
  }
  if (secret.empty()) return;
  values_.emplace_back(secret);
  // The peer may tell what it understood.
  mapped_text v = as_it_is(secret);
  for (int i = 0; i < max_rounds; ++i) {
    mapped_text next = decode(v);
    if (next.text == v.text) break;
    values_.push_back(next.text);
    v = std::move(next);
  }
}

// "Bearer TOKEN", "Basic BASE64", "Digest username=..., response=..." (RFC 9110 section 11.4).
void sent_secrets::add_scheme_and_token(std::string_view value) {
  const auto space = value.find(' ');
  const std::string_view scheme = value.substr(0, space);
  if (space == std::string_view::npos || !std::all_of(scheme.begin(), scheme.end(), [](char c) {
        return is_alphanumeric(c) || c == '-';
      })) {
    return add(value);
  }
  std::string_view token = value.substr(space);
  token.remove_prefix(std::min(token.find_first_not_of(' '), token.size()));
  if (token.find("=\"") != std::string_view::npos) return add_quoted(token);
  add(token);
  const std::string decoded = decode_base64(token);
  if (const auto colon = decoded.find(':'); colon != std::string_view::npos) {
    add(decoded);
    add(std::string_view(decoded).substr(colon + 1));
  }
}

// What the challenge said itself, and what is told openly, is no secret.
void sent_secrets::add_quoted(std::string_view list) {
  constexpr std::string_view known[] = {"realm", "uri", "username", "qop", "nonce", "opaque"};
  for (std::size_t at = 0; (at = list.find("=\"", at)) != std::string_view::npos;) {
    const std::size_t name = list.find_last_of(" ,", at);
    const std::string_view named =
        list.substr(name == std::string_view::npos ? 0 : name + 1,
                    at - (name == std::string_view::npos ? 0 : name + 1));
    const std::size_t from = at + 2;
    const std::size_t to = std::min(list.find('"', from), list.size());
    if (std::find(std::begin(known), std::end(known), named) == std::end(known)) {
      add(list.substr(from, to - from));
    }
    at = to;
  }
}

// RFC 6265 section 4.2.1
void sent_secrets::add_cookies(std::string_view value) {
  while (!value.empty()) {
    const std::size_t end = std::min(value.find(';'), value.size());
    const std::string_view pair = value.substr(0, end);
    add(pair.substr(pair.find('=') + 1));
    value.remove_prefix(std::min(end + 1, value.size()));
  }
}

void sent_secrets::add_field(std::string_view name, std::string_view value) {
  hidden_parts hidden;
  (void)redact_field(name, value, &hidden);
  if (is_secret(name) && hidden.size() == 1 && hidden.front() == value) {
    return equals_ignoring_case(name, "cookie") ? add_cookies(value) : add_scheme_and_token(value);
  }
  for (const std::string& part : hidden) add(part);
}

void sent_secrets::add_credential(std::string_view name, std::string_view value) {
  if (equals_ignoring_case(name, "cookie")) return add_cookies(value);
  // Elsewhere the first of several words need not be a scheme.
  if (!equals_ignoring_case(name, "authorization") &&
      !equals_ignoring_case(name, "proxy-authorization"))
    add(value);
  add_scheme_and_token(value);
}

void sent_secrets::add_target(std::string_view target) {
  hidden_parts hidden;
  (void)redact_parameters(target, &hidden);
  for (const std::string& part : hidden) add(part);
}

void sent_secrets::add_subprotocols(std::span<const std::string> offered) {
  hidden_parts hidden;
  (void)redact_subprotocols(offered, &hidden);
  for (const std::string& part : hidden) {
    add(part);
    // A token may stand behind more words (base64url.bearer.authorization.k8s.io.TOKEN), and be
    // base64 because not every character may stand there.
    const std::string_view last = std::string_view(part).substr(part.rfind('.') + 1);
    if (last.size() < part.size()) add(last);
    if (const std::string decoded = decode_base64(last); decoded.size() >= piece) add(decoded);
  }
}

std::string sent_secrets::mask(std::string_view text) const {
  if (values_.empty() || text.empty()) return std::string(text);
  std::unordered_set<std::string_view> pieces;
  for (const std::string_view secret : values_) {
    for (std::size_t i = 0; i + piece <= secret.size(); ++i) pieces.insert(secret.substr(i, piece));
  }
  marks found(text.size());
  mapped_text v = as_it_is(text);
  for (int round = 0; round <= max_rounds; ++round) {
    for (const std::string& secret : values_) {
      if (secret.size() < piece) find_whole(v, secret, found);
      find_beginning_at_end(v, secret, found);
    }
    for (std::size_t i = 0; !pieces.empty() && i + piece <= v.text.size(); ++i) {
      if (pieces.contains(std::string_view(v.text).substr(i, piece))) found.put(v, i, i + piece);
    }
    mapped_text next = decode(v);
    if (next.text.size() == v.text.size()) break;
    v = std::move(next);
  }
  return found.apply(text);
}

}  // namespace hawser
