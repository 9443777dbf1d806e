// Writes the upgrade request and judges the response.
#include "io/net/client_upgrade.hpp"

#include <hawser/core/text/redaction.hpp>
#include <hawser/core/text/text.hpp>

#include "io/net/websocket_key.hpp"

#include <boost/beast/http/rfc7230.hpp>

#include <algorithm>
#include <utility>

namespace hawser::io {
namespace {

namespace beast = boost::beast;

bool is(const header& h, std::string_view name) {
  return beast::iequals(h.name, {name.data(), name.size()});
}

// A list may be split between lines of one name (RFC 9110 section 5.3).
std::string joined(const std::vector<header>& fields, std::string_view name) {
  std::string out;
  bool first = true;
  for (const header& h : fields) {
    if (is(h, name)) out.append(std::exchange(first, false) ? "" : ", ").append(h.value);
  }
  return out;
}

std::ptrdiff_t count(const std::vector<header>& fields, std::string_view name) {
  return std::count_if(fields.begin(), fields.end(), [&](const header& h) { return is(h, name); });
}

// Whether the URL in Location is where to go instead (RFC 9110 section 15.4): not so for 300, 304,
// 305 and 306.
bool redirects(int status) noexcept {
  return (status >= 301 && status <= 303) || status == 307 || status == 308;
}

}  // namespace

errc error_for_status(int status) noexcept {
  if (status == 401 || status == 403 || status == 407) return errc::unauthorized;
  if (status == 429) return errc::rate_limited;
  if (status >= 500) return errc::unavailable;
  return errc::upgrade_refused;
}

// HTTP/1.1 without a body: written by hand, since what a library would add is nothing.
client_upgrade::client_upgrade(std::string_view authority, const handshake& h, const limits& bounds,
                               std::string key)
    : key_(std::move(key)), offered_(h.subprotocols), limits_(bounds), head_(bounds.header_bytes) {
  for (const header& field : h.headers) {
    if (is(field, "Host")) authority = field.value;
  }
  request_.append("GET ").append(h.target).append(" HTTP/1.1\r\nHost: ").append(authority);
  request_ +=
      "\r\nUpgrade: websocket\r\nConnection: Upgrade\r\nSec-WebSocket-Version: 13"
      "\r\nSec-WebSocket-Key: " +
      key_ + "\r\n";
  if (!offered_.empty()) {
    request_ += "Sec-WebSocket-Protocol: ";
    for (std::size_t i = 0; i < offered_.size(); ++i) request_ += (i ? ", " : "") + offered_[i];
    request_ += "\r\n";
  }
  for (const header& field : h.headers) {
    if (!is(field, "Host")) request_ += field.name + ": " + field.value + "\r\n";
  }
  request_ += "\r\n";
}

bool client_upgrade::feed(bytes_view piece) {
  while (!body_) {
    switch (head_.take(piece)) {
      case response_head::verdict::need_more:
        return false;
      case response_head::verdict::malformed:
        outcome_.bytes = head_.line();
        return fail(errc::upgrade_malformed,
                    std::string(no_response) + describe_bytes(as_bytes(head_.line())));
      case response_head::verdict::too_big:
        if (head_.status() >= 200) return refuse("its header was cut at limits.header_bytes");
        return fail(errc::upgrade_too_big, "response header above limits.header_bytes");
      case response_head::verdict::whole:
        break;
    }
    if (head_.status() == 101) {
      rest_ = as_text(piece);
      return judge();
    }
    if (head_.status() < 200) {  // Interim: the answer is still to come.
      head_.await_next();
    } else {
      body_.emplace(head_.status(), head_.fields(), limits_.body_bytes);
    }
  }
  if (!body_->take(piece)) return false;
  switch (body_->current()) {
    case response_body::state::cut:
      return refuse(body_->framed_too_much()
                        ? "the body was cut: its chunks have too long sizes, extensions or trailers"
                        : "the body was cut at " + std::to_string(body_->text().size()) + " bytes");
    case response_body::state::broken:
      return refuse("the body broke off: a chunk is malformed");
    default:
      return refuse({});
  }
}

// RFC 6455 section 4.1.
bool client_upgrade::judge() {
  const std::vector<header>& fields = head_.fields();
  outcome_.status = head_.status();
  outcome_.headers = fields;
  const auto malformed = [&](std::string why) {
    return fail(errc::upgrade_malformed, std::move(why));
  };
  if (!head_.sound()) return malformed("a line of the header is no field");
  if (!head_.is_http_1_1()) return malformed("not HTTP/1.1");
  // The Upgrade must be what was asked for and nothing else.
  const std::string connection = joined(fields, "Connection");
  if (!beast::iequals(joined(fields, "Upgrade"), "websocket") ||
      !beast::http::token_list{connection}.exists("upgrade")) {
    return malformed("Upgrade or Connection header missing or wrong");
  }
  if (joined(fields, "Sec-WebSocket-Accept") != accept_for(key_)) {
    return malformed("Sec-WebSocket-Accept does not answer our key");
  }
  if (count(fields, "Sec-WebSocket-Extensions") != 0) {
    return malformed("the server chose an extension that was not offered");
  }
  const auto chosen = count(fields, "Sec-WebSocket-Protocol");
  if (chosen != 0) {
    outcome_.subprotocol = joined(fields, "Sec-WebSocket-Protocol");
    if (chosen != 1 ||
        std::find(offered_.begin(), offered_.end(), outcome_.subprotocol) == offered_.end()) {
      return malformed("the server chose a subprotocol that was not offered");
    }
  }
  return true;
}

void client_upgrade::give_up(error_code why, std::string_view words) {
  const bool late = why == errc::upgrade_timeout;
  const std::string reason = words.empty() ? why.message() : std::string(words);
  if (body_) {
    if (why == errc::dropped) body_->end();
    const bool whole = body_->current() == response_body::state::whole;
    refuse(whole  ? std::string()
           : late ? "the body did not end in time (deadlines.refusal_body)"
                  : "the body broke off: " + reason);
  } else if (head_.status() >= 200) {
    refuse(late ? "its header did not end in time (deadlines.upgrade)"
                : "its header broke off: " + reason);
  } else {
    outcome_.error = why;
    outcome_.detail = words.empty() ? "no whole response header came: " + reason : reason;
  }
}

// What became of what followed the status line goes into the detail, for people.
bool client_upgrade::refuse(std::string_view what_became) {
  outcome_.status = head_.status();
  outcome_.headers = head_.fields();
  if (body_) outcome_.body = body_->text();
  std::string detail = "the server answered " + std::to_string(outcome_.status);
  if (!head_.reason().empty()) detail += " " + head_.reason();
  // Without its query and fragment, which may hold a secret.
  const std::string elsewhere = joined(outcome_.headers, "Location");
  if (redirects(outcome_.status) && !elsewhere.empty()) {
    detail.append(", Location: ")
        .append(redact_parameters(elsewhere.substr(0, elsewhere.find_first_of("?#"))));
  }
  if (!what_became.empty()) detail.append("; ").append(what_became);
  return fail(error_for_status(outcome_.status), std::move(detail));
}

bool client_upgrade::fail(errc e, std::string detail) {
  outcome_.error = e;
  outcome_.detail = std::move(detail);
  return true;
}

}  // namespace hawser::io
