#include "io/net/header_list.hpp"

#include <algorithm>

namespace hawser::io {
namespace {

constexpr std::size_t most_tokens = 256;  // Each costs a string, however short it is.

// Takes what RFC 2616 section 2.2 defines off the front of a value.
class value_reader {
 public:
  explicit value_reader(std::string_view value) noexcept : left_(value) {}

  void space() noexcept {
    left_.remove_prefix(std::min(left_.find_first_not_of(" \t"), left_.size()));
  }
  bool take(char c) noexcept {
    space();
    if (left_.empty() || left_.front() != c) return false;
    left_.remove_prefix(1);
    space();
    return true;
  }
  std::string_view token() noexcept {
    const std::string_view out = left_.substr(0, left_.find_first_not_of(token_chars));
    left_.remove_prefix(out.size());
    return out;
  }
  // A quoted string whose value is a token; its escapes are read over.
  bool quoted_token() noexcept {
    if (left_.empty() || left_.front() != '"') return false;
    std::size_t i = 1;
    for (; i < left_.size() && left_[i] != '"'; ++i) {
      if (left_[i] == '\\') ++i;
      if (i >= left_.size() || token_chars.find(left_[i]) == std::string_view::npos) return false;
    }
    if (i >= left_.size() || i == 1) return false;
    left_.remove_prefix(i + 1);
    return true;
  }
  bool done() noexcept {
    space();
    return left_.empty();
  }

 private:
  static constexpr std::string_view token_chars =
      "!#$%&'*+-.^_`|~0123456789abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ";
  std::string_view left_;
};

// 1#element: the elements may be empty, but one must not be. `element` takes one.
template <class F>
bool read_list(std::string_view list, F&& element) {
  value_reader in(list);
  bool any = false;
  while (true) {
    while (in.take(',')) {
    }
    if (in.done()) return any;
    if (!element(in)) return false;
    any = true;
    if (!in.done() && !in.take(',')) return false;
  }
}

bool take_extension(value_reader& in) {
  if (in.token().empty()) return false;
  while (in.take(';')) {
    if (in.token().empty()) return false;
    if (in.take('=') && in.token().empty() && !in.quoted_token()) return false;
  }
  return true;
}

}  // namespace

std::optional<std::vector<std::string>> read_tokens(std::string_view list) {
  std::vector<std::string> out;
  const bool good = read_list(list, [&](value_reader& in) {
    out.emplace_back(in.token());
    return !out.back().empty() && out.size() <= most_tokens;
  });
  return good ? std::optional(std::move(out)) : std::nullopt;
}

bool is_extension_list(std::string_view list) { return read_list(list, take_extension); }

}  // namespace hawser::io
