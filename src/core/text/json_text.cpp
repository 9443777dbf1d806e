#include <hawser/core/text/ascii.hpp>
#include <hawser/core/text/json_text.hpp>
#include <hawser/core/text/utf8.hpp>

#include <algorithm>

namespace hawser {
namespace {

// Reads tokens from the front of a text. Each function is false, or at its end, where the text does
// not go on as it must.
class tokens {
 public:
  explicit tokens(std::string_view text) noexcept : text_(text) {}

  void skip(std::size_t size) noexcept { at_ += size; }
  bool at_end() const noexcept { return at_ == text_.size(); }
  std::size_t at() const noexcept { return at_; }
  char peek() const noexcept { return at_end() ? '\0' : text_[at_]; }
  bool take(char c) noexcept {
    if (at_end() || text_[at_] != c) return false;
    ++at_;
    return true;
  }
  void skip_space() noexcept {
    at_ = std::min(text_.find_first_not_of(" \t\n\r", at_), text_.size());
  }

  bool number() noexcept {
    (void)take('-');
    if (!take('0') && !digits()) return false;
    if (take('.') && !digits()) return false;
    if (!take('e') && !take('E')) return true;
    if (!take('+')) (void)take('-');
    return digits();
  }

  bool string(bool& paired) noexcept {
    if (!take('"')) return false;
    while (!at_end()) {
      const char c = text_[at_++];
      if (c == '"') return true;
      if (static_cast<unsigned char>(c) < 0x20) return false;
      if (c == '\\' && !escape(paired)) return false;
    }
    return false;
  }

  bool word(std::string_view w) noexcept {
    if (text_.substr(at_, w.size()) != w) return false;
    at_ += w.size();
    return true;
  }

 private:
  bool digits() noexcept {
    const std::size_t before = at_;
    while (!at_end() && is_digit(text_[at_])) ++at_;
    return at_ != before;
  }

  // The code unit of \uXXXX, behind its u; -1: there is none.
  int unit() noexcept {
    if (text_.size() - at_ < 4) return -1;
    int value = 0;
    for (int i = 0; i < 4; ++i) {
      const int digit = hex_value(text_[at_++]);
      if (digit < 0) return -1;
      value = value << 4 | digit;
    }
    return value;
  }

  bool escape(bool& paired) noexcept {
    const char c = peek();
    if (at_end() || std::string_view("\"\\/bfnrtu").find(c) == std::string_view::npos) return false;
    ++at_;
    if (c != 'u') return true;
    const int first = unit();
    if (first < 0) return false;
    if (first < 0xD800 || first > 0xDFFF) return true;
    const std::size_t behind = at_;
    const bool pair = first < 0xDC00 && word("\\u");
    const int second = pair ? unit() : 0;
    if (second >= 0xDC00 && second <= 0xDFFF) return true;
    at_ = behind;  // What follows is looked at on its own.
    paired = false;
    return true;
  }

  std::string_view text_;
  std::size_t at_ = 0;
};

// Copies a value, token by token. What is open is kept on a stack of ours, not on the thread's.
class minifier {
 public:
  minifier(std::string_view text, std::size_t max_depth)
      : text_(text), in_(text), max_(max_depth) {}

  json_fault run() {
    out_.reserve(text_.size());
    if (const json_fault f = first_value(); f != json_fault::none) return f;
    in_.skip_space();
    if (!in_.at_end()) return json_fault::malformed;
    return paired_ ? json_fault::none : json_fault::surrogate;
  }
  // Up to its end, whatever is behind it.
  json_fault first_value() {
    do {
      if (const json_fault f = value(); f != json_fault::none) return f;
      if (!behind_value()) return json_fault::malformed;
    } while (!open_.empty());
    return json_fault::none;
  }
  std::string& text() noexcept { return out_; }
  std::size_t at() const noexcept { return in_.at(); }

 private:
  // A scalar, an empty container, or all that opens before one of these.
  json_fault value() {
    while (true) {
      in_.skip_space();
      const char c = in_.peek();
      if (c != '{' && c != '[') return scalar() ? json_fault::none : json_fault::malformed;
      if (open_.size() == max_) return json_fault::too_deep;
      (void)in_.take(c);
      out_ += c;
      open_ += c == '{' ? '}' : ']';
      in_.skip_space();
      if (in_.peek() == open_.back()) return json_fault::none;  // Closed by behind_value().
      if (c == '{' && !name()) return json_fault::malformed;
    }
  }

  // What closes, and the comma before the next value. False: neither is there.
  bool behind_value() {
    while (!open_.empty()) {
      in_.skip_space();
      if (in_.take(open_.back())) {
        out_ += open_.back();
        open_.pop_back();
        continue;
      }
      if (!in_.take(',')) return false;
      out_ += ',';
      return open_.back() == ']' || name();
    }
    return true;
  }

  bool name() {
    in_.skip_space();
    if (!copy([&] { return in_.string(paired_); })) return false;
    in_.skip_space();
    out_ += ':';
    return in_.take(':');
  }

  bool scalar() {
    return copy([&] {
      switch (in_.peek()) {
        case '"':
          return in_.string(paired_);
        case 't':
          return in_.word("true");
        case 'f':
          return in_.word("false");
        case 'n':
          return in_.word("null");
        default:
          return in_.number();
      }
    });
  }

  template <class Read>
  bool copy(Read read) {
    const std::size_t from = in_.at();
    if (!read()) return false;
    out_ += text_.substr(from, in_.at() - from);
    return true;
  }

  std::string_view text_;
  tokens in_;
  std::size_t max_;
  std::string open_;  // what closes what is open
  bool paired_ = true;
  std::string out_;
};

}  // namespace

std::string_view to_string(json_fault f) noexcept {
  switch (f) {
    case json_fault::none:
      return "is JSON";
    case json_fault::malformed:
      return "is no JSON";
    case json_fault::not_utf8:
      return "is not UTF-8";
    case json_fault::surrogate:
      return "has half of a surrogate pair";
    case json_fault::too_deep:
      break;
  }
  return "is nested too deep";
}

std::optional<std::string> minify_json(std::string_view text, json_fault& fault,
                                       std::size_t max_depth) {
  fault = json_fault::not_utf8;
  if (!valid_utf8(as_bytes(text))) return std::nullopt;
  minifier m(text, max_depth);
  fault = m.run();
  if (fault != json_fault::none) return std::nullopt;
  return std::move(m.text());
}

std::optional<std::string_view> find_member(std::string_view object, std::string_view name) {
  tokens in(object);
  in.skip_space();
  if (!in.take('{')) return std::nullopt;
  do {
    in.skip_space();
    const std::size_t quote = in.at();
    bool paired = true;
    if (!in.string(paired)) return std::nullopt;
    const std::string_view key = object.substr(quote + 1, in.at() - quote - 2);
    in.skip_space();
    if (!in.take(':')) return std::nullopt;
    in.skip_space();
    const std::string_view rest = object.substr(in.at());
    minifier value(rest, rest.size());
    if (value.first_value() != json_fault::none) return std::nullopt;
    if (key == name) return rest.substr(0, value.at());
    in.skip(value.at());
    in.skip_space();
  } while (in.take(','));
  return std::nullopt;
}

bool is_json_number(std::string_view text) noexcept {
  tokens t(text);
  return t.number() && t.at_end();
}

}  // namespace hawser
