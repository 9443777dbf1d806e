// Writes the upgrade request and judges the response.
#include "io/net/client_upgrade.hpp"

#include "io/net/http_fields.hpp"
#include "io/net/websocket_key.hpp"

#include <boost/asio/buffer.hpp>

#include <algorithm>

namespace hawser::io {

namespace asio = boost::asio;

namespace {

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

}  // namespace

errc error_for_status(int status) noexcept {
  if (status == 401 || status == 403 || status == 407) return errc::unauthorized;
  if (status == 429) return errc::rate_limited;
  if (status >= 500) return errc::unavailable;
  return errc::upgrade_refused;
}

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

}  // namespace hawser::io
