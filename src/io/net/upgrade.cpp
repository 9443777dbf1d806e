#include "io/net/upgrade.hpp"

#include <hawser/io/crypto.hpp>

#include "io/net/header_list.hpp"

#include <boost/asio/buffer.hpp>
#include <boost/beast/http.hpp>
#include <openssl/evp.h>

#include <algorithm>
#include <array>

namespace hawser::io {

namespace asio = boost::asio;
namespace http = boost::beast::http;

namespace {

std::string base64(std::span<const unsigned char> in) {
  std::string out(4 * ((in.size() + 2) / 3) + 1, '\0');
  const int n = EVP_EncodeBlock(reinterpret_cast<unsigned char*>(out.data()), in.data(),
                                static_cast<int>(in.size()));
  out.resize(static_cast<std::size_t>(n));
  return out;
}

// The header fields a handshake is made of; plug-ins and options must not set them.
bool is_reserved(std::string_view name) {
  for (const std::string_view own :
       {"host", "upgrade", "connection", "sec-websocket-key", "sec-websocket-version",
        "sec-websocket-protocol", "sec-websocket-extensions", "content-length",
        "transfer-encoding"}) {
    if (boost::beast::iequals({name.data(), name.size()}, {own.data(), own.size()})) return true;
  }
  return false;
}

std::string_view view(boost::beast::string_view s) noexcept { return {s.data(), s.size()}; }

template <class Fields>
std::vector<header> copy_fields(const Fields& fields) {
  std::vector<header> out;
  for (const auto& f : fields) {
    out.push_back({std::string(view(f.name_string())), std::string(view(f.value()))});
  }
  return out;
}

// A list may be split between lines of one name (RFC 2616 section 4.2).
template <class Fields>
std::string joined(const Fields& fields, http::field name) {
  std::string out;
  const auto lines = fields.equal_range(name);
  for (auto i = lines.first; i != lines.second; ++i) {
    if (i != lines.first) out += ", ";
    out += view(i->value());
  }
  return out;
}

template <class Fields>
bool says(const Fields& fields, http::field name, std::string_view token) {
  const std::string list = joined(fields, name);
  return http::token_list{list}.exists({token.data(), token.size()});
}

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

std::string make_websocket_key() {
  std::array<std::byte, 16> nonce;
  random_bytes(nonce);
  return base64({reinterpret_cast<const unsigned char*>(nonce.data()), nonce.size()});
}

std::string accept_for(std::string_view key) {
  std::string joined(key);
  joined += "258EAFA5-E914-47DA-95CA-C5AB0DC85B11";
  std::array<unsigned char, EVP_MAX_MD_SIZE> digest;
  unsigned n = 0;
  EVP_Digest(joined.data(), joined.size(), digest.data(), &n, EVP_sha1(), nullptr);
  return base64({digest.data(), n});
}

errc error_for_status(int status) noexcept {
  if (status == 401 || status == 403 || status == 407) return errc::unauthorized;
  if (status == 429) return errc::rate_limited;
  if (status >= 500) return errc::unavailable;
  return errc::upgrade_refused;
}

// --- client -----------------------------------------------------------------------------------

struct client_upgrade::parser : http::response_parser<http::string_body> {};

client_upgrade::client_upgrade(std::string authority, const handshake& h, const limits& bounds,
                               std::string key)
    : key_(std::move(key)), offered_(h.subprotocols), limits_(bounds) {
  // HTTP/1.1 without a body: written by hand, since what Beast would add is nothing.
  request_ = "GET " + h.target + " HTTP/1.1\r\nHost: " + authority +
             "\r\nUpgrade: websocket\r\nConnection: Upgrade\r\nSec-WebSocket-Version: 13"
             "\r\nSec-WebSocket-Key: " +
             key_ + "\r\n";
  if (!offered_.empty()) {
    request_ += "Sec-WebSocket-Protocol: ";
    for (std::size_t i = 0; i < offered_.size(); ++i) request_ += (i ? ", " : "") + offered_[i];
    request_ += "\r\n";
  }
  for (const header& field : h.headers) {
    if (!is_reserved(field.name)) request_ += field.name + ": " + field.value + "\r\n";
  }
  request_ += "\r\n";
  expect_response();
}

void client_upgrade::expect_response() {
  parser_ = std::make_unique<parser>();
  parser_->header_limit(static_cast<std::uint32_t>(limits_.header_bytes));
  parser_->body_limit(boost::none);  // The body is cut by us, not refused.
  parser_->eager(false);
}

client_upgrade::~client_upgrade() = default;

bool client_upgrade::feed(bytes_view piece) {
  input_.append(as_text(piece));
  while (!parser_->is_done()) {
    const std::string_view left = std::string_view(input_).substr(consumed_);
    if (left.empty()) return false;
    error_code ec;
    consumed_ += parser_->put(asio::buffer(left.data(), left.size()), ec);
    if (ec == http::error::need_more) {
      if (parser_->is_header_done()) {
        // Beast has no bound for chunk extensions and trailers.
        if (input_.size() > limits_.header_bytes + 4 * limits_.body_bytes) break;
      } else if (input_.size() > limits_.header_bytes) {
        return refuse(errc::upgrade_too_big, "response header above limits.header_bytes");
      }
      return false;
    }
    if (ec == http::error::header_limit) {
      return refuse(errc::upgrade_too_big, "response header above limits.header_bytes");
    }
    if (ec) return refuse(errc::upgrade_malformed, "not an HTTP response: " + ec.message());
    if (parser_->is_header_done()) {
      const unsigned status = parser_->get().result_int();
      if (status == 101) return decide();
      if (status / 100 == 1) {  // Interim: the answer is still to come (RFC 9110 section 15.2).
        if (consumed_ > limits_.header_bytes) {
          return refuse(errc::upgrade_too_big, "response headers above limits.header_bytes");
        }
        expect_response();
        continue;
      }
      parser_->eager(true);
      if (parser_->get().body().size() >= limits_.body_bytes) break;
    }
  }
  return decide();
}

bool client_upgrade::decide() {
  const auto& response = parser_->get();
  outcome_.status = static_cast<int>(response.result_int());
  outcome_.headers = copy_fields(response);
  if (outcome_.status != 101) {
    outcome_.body = response.body().substr(0, limits_.body_bytes);
    std::string detail = "the server answered " + std::to_string(outcome_.status) + " ";
    detail += view(response.reason());
    // Without its query and fragment, which may hold a secret.
    const std::string_view elsewhere = view(response[http::field::location]);
    if (outcome_.status / 100 == 3 && !elsewhere.empty()) {
      detail.append(", Location: ").append(elsewhere.substr(0, elsewhere.find_first_of("?#")));
    }
    return refuse(error_for_status(outcome_.status), std::move(detail));
  }
  if (response.version() < 11) return refuse(errc::upgrade_malformed, "not HTTP/1.1");
  // The Upgrade must be what was asked for and nothing else (4.1).
  if (!boost::beast::iequals(joined(response, http::field::upgrade), "websocket") ||
      !says(response, http::field::connection, "upgrade")) {
    return refuse(errc::upgrade_malformed, "Upgrade or Connection header missing or wrong");
  }
  if (joined(response, http::field::sec_websocket_accept) != accept_for(key_)) {
    return refuse(errc::upgrade_malformed, "Sec-WebSocket-Accept does not answer our key");
  }
  if (response.count(http::field::sec_websocket_extensions) != 0) {
    return refuse(errc::upgrade_malformed, "the server chose an extension that was not offered");
  }
  const auto chosen = response.equal_range(http::field::sec_websocket_protocol);
  if (chosen.first != chosen.second) {
    outcome_.subprotocol = std::string(view(chosen.first->value()));
    const bool once = std::next(chosen.first) == chosen.second;
    if (!once ||
        std::find(offered_.begin(), offered_.end(), outcome_.subprotocol) == offered_.end()) {
      return refuse(errc::upgrade_malformed, "the server chose a subprotocol that was not offered");
    }
  }
  return true;
}

void client_upgrade::give_up(error_code why) {
  if (parser_->is_header_done()) {
    decide();
    return;
  }
  outcome_.error = why;
  outcome_.detail = "no whole response header came: " + why.message();
}

bool client_upgrade::refuse(errc e, std::string detail) {
  outcome_.error = e;
  outcome_.detail = std::move(detail);
  return true;
}

bytes_view client_upgrade::rest() const noexcept {
  return as_bytes(std::string_view(input_).substr(consumed_));
}

// --- server -----------------------------------------------------------------------------------

struct server_upgrade::parser : http::request_parser<http::empty_body> {};

server_upgrade::server_upgrade(const limits& bounds)
    : limits_(bounds), parser_(std::make_unique<parser>()) {
  parser_->header_limit(static_cast<std::uint32_t>(bounds.header_bytes));
}

server_upgrade::~server_upgrade() = default;

server_upgrade::verdict server_upgrade::feed(bytes_view piece) {
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
}

// RFC 6455 section 4.2.1.
server_upgrade::verdict server_upgrade::check() {
  const auto& r = parser_->get();
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
