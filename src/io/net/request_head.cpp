#include "io/net/request_head.hpp"

#include <hawser/core/text/ascii.hpp>
#include <hawser/core/text/authority.hpp>
#include <hawser/core/text/http_syntax.hpp>

#include "io/net/header_list.hpp"
#include "io/net/http_fields.hpp"

#include <boost/asio/buffer.hpp>

#include <algorithm>
#include <iterator>
#include <limits>
#include <stdexcept>

namespace hawser::io {
namespace {

constexpr std::size_t most_empty_lines = 4;
constexpr std::string_view line_end = "\r\n";

// Of a request line: no control character, and every other octet percent-encoded.
bool is_printable(std::string_view s) noexcept {
  return std::all_of(s.begin(), s.end(), [](char c) { return c >= 0x20 && c < 0x7F; });
}

}  // namespace

bool request_head::refuse(int status, std::string why) {
  status_ = status;
  detail_ = std::move(why);
  return false;
}

request_head::verdict request_head::feed(bytes_view piece) {
  input_.append(as_text(piece));
  skip_empty_lines();
  const std::string_view head = left();
  // What was looked at before is not looked at again, however small the pieces are.
  const std::size_t from = head.size() - std::min(head.size(), piece.size() + 3);
  if (line_ == std::string::npos) {
    const auto end = head.find(line_end, from);
    std::string_view line = head.substr(0, end);
    if (end == std::string_view::npos && line.ends_with('\r')) line.remove_suffix(1);
    // What is no request is refused by its first bytes, and not when its client has had enough.
    if (!is_printable(line.substr(std::min(from, line.size())))) {
      refuse(400, "not an HTTP request");
      return verdict::refused;
    }
    if (end != std::string_view::npos) {
      if (!read_line(line)) return verdict::refused;
      line_ = end;
    }
  }
  const auto end = head.find("\r\n\r\n", from);
  const bool whole = end != std::string_view::npos;
  if ((whole ? end + 4 : head.size() + 1) > most_) {
    refuse(431, "request header above limits.header_bytes");
    return verdict::refused;
  }
  if (!whole) return verdict::need_more;
  const std::string_view lines = head.substr(line_ + 2, end + 2 - line_);
  at_ += end + 4;
  const bool good = read_fields(lines) && judge_framing() && judge_host();
  return good ? verdict::ready : verdict::refused;
}

// RFC 9112 section 2.2: at least one before a request line is to be ignored.
void request_head::skip_empty_lines() {
  while (line_ == std::string::npos && skipped_ < most_empty_lines &&
         left().starts_with(line_end)) {
    at_ += line_end.size();
    ++skipped_;
  }
}

// RFC 9112 section 3.
bool request_head::read_line(std::string_view line) {
  const auto first = line.find(' ');
  const auto last = line.rfind(' ');
  method_ = line.substr(0, first);
  if (first == std::string_view::npos || !is_token(method_)) {
    return refuse(400, "not an HTTP request");
  }
  constexpr std::string_view protocol = "HTTP/";
  const std::string_view version = line.substr(last + 1);
  if (first == last || version.size() != 8 || !version.starts_with(protocol) ||
      !is_digit(version[5]) || version[6] != '.' || !is_digit(version[7])) {
    return refuse(400, "no version of HTTP in the request line");
  }
  if (version[5] != '1') return refuse(505, "not HTTP/1.1");
  if (version[7] == '0') return refuse(400, "not HTTP/1.1");  // RFC 6455 section 4.2.1
  return read_target(line.substr(first + 1, last - first - 1));
}

// Origin-form as it is; of absolute-form, the authority and what stands behind it.
bool request_head::read_target(std::string_view target) {
  if (target.empty() || target.find(' ') != std::string_view::npos) {
    return refuse(400, "not exactly two spaces in the request line");
  }
  if (target.find('#') != std::string_view::npos) return true;
  if (target.starts_with('/')) {
    resource_ = target;
    return true;
  }
  const std::string scheme = to_lower(target.substr(0, target.find(':')));
  target.remove_prefix(scheme.size());
  if ((scheme != "http" && scheme != "https") || !target.starts_with("://")) return true;
  target.remove_prefix(3);
  const auto path = std::min(target.find_first_of("/?"), target.size());
  authority_ = target.substr(0, path);
  if (authority_.empty()) return refuse(400, "a target without a host");
  target.remove_prefix(path);
  resource_ = target;
  if (!target.starts_with('/')) resource_.insert(resource_.begin(), '/');
  return true;
}

// `lines` end with one empty line. Beast knows no HTTP/1.2: it sees a request line of ours.
bool request_head::read_fields(std::string_view lines) {
  for (const std::string_view fold : {"\r\n ", "\r\n\t"}) {  // RFC 9112 section 5.2
    if (lines.find(fold) != std::string_view::npos) return refuse(400, "a folded header line");
  }
  http::request_parser<http::empty_body> parser;
  parser.header_limit(std::numeric_limits<std::uint32_t>::max());
  parser.body_limit(boost::none);
  const std::string text = "GET / HTTP/1.1\r\n" + std::string(lines);
  error_code ec;
  try {
    parser.put(boost::asio::buffer(text.data(), text.size()), ec);
  } catch (const std::length_error&) {  // Beast's bound for one field.
    return refuse(431, "a header field above 64 KiB");
  }
  if (ec) return refuse(400, "not an HTTP request: " + ec.message());
  fields_ = std::move(parser.get().base());
  const auto count = static_cast<std::size_t>(std::distance(fields_.begin(), fields_.end()));
  if (count > most_fields(most_)) return refuse(431, "too many request headers");
  return true;
}

// RFC 9112 section 6. Beast has refused what contradicts itself.
bool request_head::judge_framing() {
  const bool coded = fields_.count(http::field::transfer_encoding) != 0;
  const std::string length = joined(fields_, http::field::content_length);
  if (coded && fields_.count(http::field::content_length) != 0) {
    return refuse(400, "both Content-Length and Transfer-Encoding");
  }
  if (length.find_first_not_of("0, \t") != std::string::npos) {
    return refuse(400, "an upgrade request with a body");
  }
  if (!coded) return true;
  const std::string codings = joined(fields_, http::field::transfer_encoding);
  const auto named = read_tokens(codings);
  if (named && named->size() == 1 && to_lower(named->front()) == "chunked") {
    return refuse(400, "an upgrade request with a body");
  }
  return refuse(501, "a transfer coding other than chunked");
}

// RFC 9112 section 3.2. A target's own authority counts before the header, which has to be good
// nevertheless.
bool request_head::judge_host() {
  if (fields_.count(http::field::host) != 1) return refuse(400, "not exactly one Host header");
  if (!is_host(view(fields_[http::field::host]))) return false;
  if (authority_.empty()) return true;
  fields_.set(http::field::host, authority_);
  return is_host(authority_);
}

bool request_head::is_host(std::string_view text) {
  const auto a = parse_authority(text);
  if (!a) return refuse(400, "bad host: " + std::string(a.error()));
  // RFC 6874 section 1: a zone means nothing beyond the client.
  return a->zone.empty() || refuse(400, "bad host: it has a zone");
}

}  // namespace hawser::io
