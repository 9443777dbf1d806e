// Judges an upgrade request and writes the response.
#include "io/net/server_upgrade.hpp"

#include "io/net/header_list.hpp"
#include "io/net/http_fields.hpp"
#include "io/net/http_syntax.hpp"
#include "io/net/websocket_key.hpp"

#include <boost/asio/buffer.hpp>

#include <algorithm>
#include <iterator>
#include <limits>
#include <stdexcept>

namespace hawser::io {

namespace asio = boost::asio;

namespace {

// 16 octets in base64: 22 characters that say something, "==" at the end.
bool is_websocket_key(std::string_view key) {
  constexpr std::string_view base64_chars =
      "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/";
  return key.size() == 24 && key.find_first_not_of(base64_chars) == 22 && key.ends_with("==");
}

// What a request asks for, as a path; empty: nothing (4.2.1). An absolute address names its
// resource behind the authority.
std::string resource_name(std::string_view target) {
  if (target.find('#') != std::string_view::npos) return {};
  if (target.starts_with('/')) return std::string(target);
  const auto scheme = target.substr(0, target.find(':'));
  if (!target.substr(scheme.size()).starts_with("://")) return {};
  if (!boost::beast::iequals({scheme.data(), scheme.size()}, "http") &&
      !boost::beast::iequals({scheme.data(), scheme.size()}, "https")) {
    return {};
  }
  target.remove_prefix(scheme.size() + 3);
  const auto path = std::min(target.find_first_of("/?"), target.size());
  if (path == 0) return {};
  target.remove_prefix(path);
  return (target.starts_with('/') ? "" : "/") + std::string(target);
}

}  // namespace

struct server_upgrade::parser : http::request_parser<http::empty_body> {};

server_upgrade::server_upgrade(const limits& bounds)
    : limits_(bounds), parser_(std::make_unique<parser>()) {
  constexpr std::size_t most = std::numeric_limits<std::uint32_t>::max();
  parser_->header_limit(static_cast<std::uint32_t>(std::min(bounds.header_bytes, most)));
}

server_upgrade::~server_upgrade() = default;

server_upgrade::verdict server_upgrade::feed(bytes_view piece) try {
  input_.append(as_text(piece));
  while (!parser_->is_header_done()) {
    const std::string_view left = std::string_view(input_).substr(consumed_);
    if (left.empty()) return verdict::need_more;
    error_code ec;
    consumed_ += parser_->put(asio::buffer(left.data(), left.size()), ec);
    if (ec == http::error::need_more) {
      if (input_.size() > limits_.header_bytes) return malformed("request header too large");
      return verdict::need_more;
    }
    if (ec) return malformed("not an HTTP request: " + ec.message());
  }
  return check();
} catch (const std::length_error&) {  // Beast keeps the lengths of a field in 16 bits.
  return malformed("a request header of more than 64 KiB");
}

// RFC 6455 section 4.2.1.
server_upgrade::verdict server_upgrade::check() {
  const auto& r = parser_->get();
  const auto fields = static_cast<std::size_t>(std::distance(r.begin(), r.end()));
  if (fields > most_fields(limits_.header_bytes)) return malformed("too many request headers");
  if (r.method() != http::verb::get) return malformed("the method is not GET");
  if (r.version() < 11) return malformed("not HTTP/1.1");
  request_.target = resource_name(view(r.target()));
  if (request_.target.empty()) return malformed("the target is not a resource name");
  const std::string host = joined(r, http::field::host);
  if (host.empty() || host.find_first_of(" \t,/?#@") != std::string::npos) {
    return malformed("not exactly one Host header");
  }
  if (!says(r, http::field::connection, "upgrade") || !says(r, http::field::upgrade, "websocket")) {
    return malformed("not a WebSocket upgrade");
  }
  if (joined(r, http::field::sec_websocket_version) != "13") {
    status_ = 426;
    return malformed("Sec-WebSocket-Version is not 13");
  }
  key_ = joined(r, http::field::sec_websocket_key);
  if (!is_websocket_key(key_)) return malformed("Sec-WebSocket-Key is not 16 octets in base64");
  if (r.count(http::field::sec_websocket_protocol) != 0) {
    auto offered = read_tokens(joined(r, http::field::sec_websocket_protocol));
    if (!offered) return malformed("Sec-WebSocket-Protocol is not a list of tokens");
    request_.subprotocols = std::move(*offered);
  }
  // None is ever accepted, but a list that breaks its grammar is refused (9.1).
  if (r.count(http::field::sec_websocket_extensions) != 0 &&
      !is_extension_list(joined(r, http::field::sec_websocket_extensions))) {
    return malformed("Sec-WebSocket-Extensions is not a list of extensions");
  }
  request_.headers = copy_fields(r);
  return verdict::ready;
}

server_upgrade::verdict server_upgrade::malformed(std::string why) {
  detail_ = std::move(why);
  return verdict::malformed;
}

std::string server_upgrade::accept() {
  // Only what the client offered may be chosen; anything else is no choice (4.2.2).
  const auto& offered = request_.subprotocols;
  if (std::find(offered.begin(), offered.end(), request_.subprotocol) == offered.end()) {
    request_.subprotocol.clear();
  }
  std::string out =
      "HTTP/1.1 101 Switching Protocols\r\nUpgrade: websocket\r\nConnection: Upgrade\r\n"
      "Sec-WebSocket-Accept: " +
      accept_for(key_) + "\r\n";
  if (!request_.subprotocol.empty()) {
    out += "Sec-WebSocket-Protocol: " + request_.subprotocol + "\r\n";
  }
  return out + "\r\n";
}

std::string server_upgrade::refuse(int status, std::string_view text) {
  std::string out =
      "HTTP/1.1 " + std::to_string(status) + " " +
      std::string(view(http::obsolete_reason(http::int_to_status(static_cast<unsigned>(status))))) +
      "\r\nConnection: close\r\nContent-Type: text/plain\r\nContent-Length: " +
      std::to_string(text.size() + 1) + "\r\n";
  if (status == 426) out += "Sec-WebSocket-Version: 13\r\n";  // 4.4
  return out + "\r\n" + std::string(text) + "\n";
}

bytes_view server_upgrade::rest() const noexcept {
  return as_bytes(std::string_view(input_).substr(consumed_));
}

}  // namespace hawser::io
