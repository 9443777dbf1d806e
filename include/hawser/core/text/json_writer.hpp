// Builds JSON text (RFC 8259) by appending to a string.
#pragma once

#include <hawser/core/text/text.hpp>
#include <hawser/core/text/utf8.hpp>

#include <cassert>
#include <charconv>
#include <string>
#include <string_view>

namespace hawser {

/// Appends values and puts the commas between them; the caller closes what it opens, and writes a
/// key before each value of an object. Text is escaped, and what is not UTF-8 in it is replaced by
/// U+FFFD, so the result is valid whatever the text was. Nothing is indented: one document, one
/// line.
class json_writer {
 public:
  /// `out` must outlive the writer; what it holds already is kept.
  explicit json_writer(std::string& out) noexcept : out_(&out) {}

  json_writer& begin_object() { return open('{'); }
  json_writer& end_object() { return close('}'); }
  json_writer& begin_array() { return open('['); }
  json_writer& end_array() { return close(']'); }

  json_writer& key(std::string_view name) {
    separate();
    quote(name);
    out_->push_back(':');
    comma_ = false;
    return *this;
  }

  json_writer& text(std::string_view s) {
    separate();
    quote(s);
    return *this;
  }
  json_writer& signed_int(std::int64_t v) { return integer(v); }
  json_writer& unsigned_int(std::uint64_t v) { return integer(v); }
  /// As a string: a reader whose numbers are doubles would round it.
  json_writer& big(std::uint64_t v) { return text(std::to_string(v)); }
  json_writer& boolean(bool v) { return raw(v ? "true" : "false"); }
  json_writer& null() { return raw("null"); }
  /// One value that is JSON already.
  json_writer& raw(std::string_view json) {
    separate();
    *out_ += json;
    return *this;
  }

 private:
  void separate() {
    if (comma_) out_->push_back(',');
    comma_ = true;
  }

  json_writer& open(char bracket) {
    separate();
    out_->push_back(bracket);
    comma_ = false;
    return *this;
  }

  json_writer& close(char bracket) {
    out_->push_back(bracket);
    comma_ = true;
    return *this;
  }

  template <class Int>
  json_writer& integer(Int v) {
    char digits[20];
    const auto end = std::to_chars(digits, digits + sizeof digits, v);
    assert(end.ec == std::errc{});
    return raw({digits, static_cast<std::size_t>(end.ptr - digits)});
  }

  void quote(std::string_view s) {
    out_->push_back('"');
    escape(valid_utf8(as_bytes(s)) ? s : std::string_view(repair_utf8(s)));
    out_->push_back('"');
  }

  // RFC 8259 section 7: the quotation mark, the reverse solidus and U+0000 to U+001F.
  void escape(std::string_view s) {
    constexpr std::string_view hex = "0123456789abcdef";
    for (const char c : s) {
      const auto code = static_cast<unsigned char>(c);
      if (code >= 0x20 && c != '"' && c != '\\') {
        out_->push_back(c);
        continue;
      }
      out_->push_back('\\');
      switch (c) {
        case '\n':
          out_->push_back('n');
          break;
        case '\r':
          out_->push_back('r');
          break;
        case '\t':
          out_->push_back('t');
          break;
        case '\b':
          out_->push_back('b');
          break;
        case '\f':
          out_->push_back('f');
          break;
        case '"':
        case '\\':
          out_->push_back(c);
          break;
        default:
          (*out_ += "u00") += {hex[code >> 4], hex[code & 15]};
      }
    }
  }

  std::string* out_;
  bool comma_ = false;
};

}  // namespace hawser
