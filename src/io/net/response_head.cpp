#include "io/net/response_head.hpp"

#include <hawser/core/text/ascii.hpp>
#include <hawser/core/text/http_syntax.hpp>

#include <algorithm>

namespace hawser::io {
namespace {

// What is no HTTP is told at its first bytes: whoever sends it may wait for more of ours.
bool may_be_http(std::string_view line) noexcept {
  constexpr std::string_view start = "HTTP/";
  const std::size_t n = std::min(line.size(), start.size());
  return line.substr(0, n) == start.substr(0, n);
}

}  // namespace

response_head::verdict response_head::take(bytes_view& piece) {
  while (!piece.empty()) {
    const std::string_view text = as_text(piece);
    const std::size_t feed = text.find('\n');
    const std::size_t n = feed == std::string_view::npos ? text.size() : feed + 1;
    if (n > most_ - taken_) return verdict::too_big;
    taken_ += n;
    line_.append(text.substr(0, n));
    piece = piece.subspan(n);
    if (status_ == 0 && !may_be_http(line_)) return verdict::malformed;
    if (feed == std::string_view::npos) return verdict::need_more;
    line_.pop_back();
    // A line feed alone ends a line, too (RFC 9112 section 2.2).
    if (!line_.empty() && line_.back() == '\r') line_.pop_back();
    if (status_ == 0) {
      if (!take_status_line()) return verdict::malformed;
    } else if (line_.empty()) {
      return verdict::whole;
    } else {
      if (fields_.size() == most_fields(most_)) return verdict::too_big;
      take_field_line();
    }
    line_.clear();
  }
  return verdict::need_more;
}

// HTTP-version SP status-code SP [ reason-phrase ]. RFC 9112 section 4 wants the second space, also
// where no reason follows; servers leave it out.
bool response_head::take_status_line() {
  const std::string_view s = line_;
  constexpr std::size_t least = 12;
  if (s.size() < least || !is_digit(s[5]) || s[6] != '.' || !is_digit(s[7]) || s[8] != ' ') {
    return false;
  }
  if (!is_digit(s[9]) || !is_digit(s[10]) || !is_digit(s[11]) || s[9] == '0') return false;
  if (s.size() > least && s[least] != ' ') return false;
  http_1_1_ = s[5] == '1' && s[7] != '0';
  status_ = (s[9] - '0') * 100 + (s[10] - '0') * 10 + (s[11] - '0');
  reason_ = trim(s.substr(least));
  return true;
}

void response_head::take_field_line() {
  const std::string_view s = line_;
  if (s.front() == ' ' || s.front() == '\t') {  // obs-fold (RFC 9112 section 5.2)
    if (folds_ && is_field_value(s)) {
      fields_.back().value.append(" ").append(trim(s));
    } else {
      sound_ = false;
    }
    return;
  }
  const std::size_t colon = std::min(s.find(':'), s.size());
  folds_ = colon != s.size() && is_token(s.substr(0, colon)) && is_field_value(s.substr(colon + 1));
  if (folds_) {
    fields_.push_back({std::string(s.substr(0, colon)), std::string(trim(s.substr(colon + 1)))});
  } else {
    sound_ = false;
  }
}

void response_head::await_next() noexcept {
  line_.clear();
  status_ = 0;
  sound_ = true;
  folds_ = false;
  fields_.clear();
}

}  // namespace hawser::io
