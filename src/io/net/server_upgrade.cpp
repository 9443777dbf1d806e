// Judges an upgrade request and writes the response.
#include "io/net/server_upgrade.hpp"

#include "io/net/header_list.hpp"
#include "io/net/http_fields.hpp"
#include "io/net/request_head.hpp"
#include "io/net/websocket_key.hpp"

#include <algorithm>

namespace hawser::io {

namespace {

// 16 octets in base64: 22 characters that say something, "==" at the end.
bool is_websocket_key(std::string_view key) {
  constexpr std::string_view base64_chars =
      "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/";
  return key.size() == 24 && key.find_first_not_of(base64_chars) == 22 && key.ends_with("==");
}

bool names(const std::vector<std::string>& list, std::string_view what) {
  return std::any_of(list.begin(), list.end(), [&](const std::string& s) {
    return boost::beast::iequals(s, {what.data(), what.size()});
  });
}

}  // namespace

server_upgrade::server_upgrade(const limits& bounds)
    : head_(std::make_unique<request_head>(bounds.header_bytes)) {}

server_upgrade::~server_upgrade() = default;

server_upgrade::verdict server_upgrade::feed(bytes_view piece) {
  switch (head_->feed(piece)) {
    case request_head::verdict::need_more:
      return verdict::need_more;
    case request_head::verdict::refused:
      return malformed(head_->status(), head_->detail());
    case request_head::verdict::ready:
      break;
  }
  return check();
}

// RFC 6455 section 4.2.1.
server_upgrade::verdict server_upgrade::check() {
  const auto& r = head_->fields();
  request_.incoming = true;
  request_.target = head_->resource();
  if (request_.target.empty()) return malformed(400, "the target is not a resource name");
  const auto protocols = read_protocols(joined(r, http::field::upgrade));
  const bool upgrades = protocols && names(*protocols, "websocket");
  // Whoever does not know that only WebSocket is spoken here is told so (RFC 9110 15.5.22). A
  // handshake that is broken is another thing: to repeat it would not mend it.
  const bool broken = upgrades || (!protocols && r.count(http::field::upgrade) != 0) ||
                      r.count(http::field::sec_websocket_key) != 0 ||
                      r.count(http::field::sec_websocket_version) != 0;
  if (!broken && (head_->method() == "GET" || head_->method() == "HEAD")) {
    return malformed(426, "only WebSocket is spoken here");
  }
  if (head_->method() != "GET") return malformed(400, "the method is not GET");
  const auto connection = read_tokens(joined(r, http::field::connection));
  if (!upgrades || !connection || !names(*connection, "upgrade")) {
    return malformed(400, "not a WebSocket upgrade: Upgrade or Connection is missing or wrong");
  }
  if (joined(r, http::field::sec_websocket_version) != "13") {
    return malformed(426, "Sec-WebSocket-Version is not 13");
  }
  key_ = joined(r, http::field::sec_websocket_key);
  if (!is_websocket_key(key_))
    return malformed(400, "Sec-WebSocket-Key is not 16 octets in base64");
  if (r.count(http::field::sec_websocket_protocol) != 0) {
    auto offered = read_tokens(joined(r, http::field::sec_websocket_protocol));
    if (!offered) return malformed(400, "Sec-WebSocket-Protocol is not a list of tokens");
    request_.subprotocols = std::move(*offered);
  }
  // None is ever accepted, but a list that breaks its grammar is refused (9.1).
  if (r.count(http::field::sec_websocket_extensions) != 0 &&
      !is_extension_list(joined(r, http::field::sec_websocket_extensions))) {
    return malformed(400, "Sec-WebSocket-Extensions is not a list of extensions");
  }
  request_.headers = copy_fields(r);
  return verdict::ready;
}

server_upgrade::verdict server_upgrade::malformed(int status, std::string why) {
  status_ = status;
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

std::string server_upgrade::refuse(int status, std::string_view text, bool with_body) {
  std::string out =
      "HTTP/1.1 " + std::to_string(status) + " " +
      std::string(view(http::obsolete_reason(http::int_to_status(static_cast<unsigned>(status)))));
  if (status == 426) {  // RFC 9110 section 15.5.22, RFC 6455 section 4.4
    out += "\r\nUpgrade: websocket\r\nConnection: Upgrade, close\r\nSec-WebSocket-Version: 13";
  } else {
    out += "\r\nConnection: close";
  }
  out += "\r\nContent-Type: text/plain\r\nContent-Length: " + std::to_string(text.size() + 1) +
         "\r\n\r\n";
  return with_body ? out + std::string(text) + "\n" : out;
}

bool server_upgrade::wants_body() const noexcept { return head_->wants_body(); }

bytes_view server_upgrade::rest() const noexcept { return as_bytes(head_->rest()); }

}  // namespace hawser::io
