#include "io/net/response_body.hpp"

#include <hawser/core/text/ascii.hpp>
#include <hawser/core/text/http_syntax.hpp>

#include <boost/beast/core/string.hpp>

#include <algorithm>
#include <charconv>
#include <limits>
#include <optional>
#include <string_view>

namespace hawser::io {
namespace {

// What chunk sizes, their extensions and trailers may take altogether.
constexpr std::size_t most_framing = 32 * 1024;

// Calls `f` with each element of the lists in the fields of that name.
template <class F>
void each_element(const std::vector<header>& fields, std::string_view name, F&& f) {
  for (const header& h : fields) {
    if (!boost::beast::iequals(h.name, {name.data(), name.size()})) continue;
    for (std::string_view list = h.value;;) {
      const std::size_t comma = std::min(list.find(','), list.size());
      f(trim(list.substr(0, comma)));
      if (comma == list.size()) break;
      list.remove_prefix(comma + 1);
    }
  }
}

// The last transfer coding decides (RFC 9112 section 6.3); empty: there is none.
std::string_view final_coding(const std::vector<header>& fields) {
  std::string_view last;
  each_element(fields, "Transfer-Encoding", [&](std::string_view coding) { last = coding; });
  return last;
}

// A length that comes several times says the same each time (RFC 9110 section 8.6), else it says
// nothing. One beyond 64 bits is beyond every bound as well.
std::optional<std::uint64_t> content_length(const std::vector<header>& fields) {
  std::optional<std::uint64_t> length;
  bool sound = true;
  each_element(fields, "Content-Length", [&](std::string_view text) {
    std::uint64_t n = 0;
    const char* const last = text.data() + text.size();
    const auto [end, ec] = std::from_chars(text.data(), last, n);
    if (ec == std::errc::result_out_of_range) n = std::numeric_limits<std::uint64_t>::max();
    sound = sound && !text.empty() && end == last && (!length || *length == n);
    length = n;
  });
  return sound ? length : std::nullopt;
}

}  // namespace

response_body::response_body(int status, const std::vector<header>& fields, std::size_t most)
    : most_(most) {
  const std::string_view coding = final_coding(fields);
  if (status / 100 == 1 || status == 204 || status == 304) {
    state_ = state::whole;
  } else if (!coding.empty()) {
    const bool chunked = boost::beast::iequals({coding.data(), coding.size()}, "chunked");
    part_ = chunked ? part::size : part::until_end;
  } else if (const auto length = content_length(fields)) {
    part_ = part::counted;
    left_ = *length;
    if (left_ == 0) state_ = state::whole;
  }
  if (state_ == state::open && most_ == 0) state_ = state::cut;
}

bool response_body::framed_too_much() const noexcept {
  return state_ == state::cut && framing_ > most_framing;
}

bool response_body::take(bytes_view piece) {
  while (state_ == state::open && !piece.empty()) {
    if (part_ == part::counted || part_ == part::until_end || part_ == part::chunk) {
      keep(piece);
    } else if (++framing_ > most_framing) {
      state_ = state::cut;
    } else {
      take_framing(static_cast<char>(piece.front()));
      piece = piece.subspan(1);
    }
  }
  return state_ != state::open;
}

void response_body::keep(bytes_view& piece) {
  std::uint64_t n = std::min(piece.size(), most_ - text_.size());
  if (part_ != part::until_end) n = std::min(n, left_);
  text_.append(as_text(piece.first(static_cast<std::size_t>(n))));
  piece = piece.subspan(static_cast<std::size_t>(n));
  if (part_ != part::until_end) left_ -= n;
  if (part_ == part::counted && left_ == 0) {
    state_ = state::whole;
  } else if (part_ == part::chunk && left_ == 0) {
    part_ = part::chunk_end;
  }
  if (state_ == state::open && text_.size() == most_) state_ = state::cut;
}

void response_body::take_framing(char c) {
  switch (part_) {
    case part::size:
      return take_size(c);
    case part::extension:
      if (c == '\n') end_size_line();
      return;
    case part::chunk_end:
      if (c == '\n') {
        part_ = part::size;
        any_ = false;
      } else if (c != '\r') {
        state_ = state::broken;
      }
      return;
    case part::trailer:  // Nothing in it is of interest.
      if (c == '\n' && !any_) state_ = state::whole;
      if (c != '\r') any_ = c != '\n';
      return;
    default:
      return;
  }
}

void response_body::take_size(char c) {
  if (const int digit = hex_value(c); digit >= 0) {
    if (left_ >> 60 != 0) {  // It would not fit in 64 bits.
      state_ = state::broken;
      return;
    }
    left_ = left_ * 16 + static_cast<std::uint64_t>(digit);
    any_ = true;
  } else if (!any_ || (c != ';' && c != ' ' && c != '\t' && c != '\r' && c != '\n')) {
    state_ = state::broken;
  } else {
    part_ = part::extension;
    if (c == '\n') end_size_line();
  }
}

void response_body::end_size_line() {
  part_ = left_ == 0 ? part::trailer : part::chunk;
  any_ = false;
}

void response_body::end() noexcept {
  if (state_ == state::open) state_ = part_ == part::until_end ? state::whole : state::broken;
}

}  // namespace hawser::io
