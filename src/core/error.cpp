// The texts of errors, and what each means for policy and for the link.
#include <hawser/core/close_code.hpp>
#include <hawser/error.hpp>

#include <cerrno>
#include <optional>
#include <string>

namespace hawser {
namespace {

struct entry {
  const char* text;
  condition kind;
  close_code closes_with = close_code::protocol_error;
};

constexpr entry unknown{"unknown error", condition::permanent};

// The table: each value has its row, or the switch does not compile.

constexpr entry describe(errc e) noexcept {
  switch (e) {
    case errc::closed:
      return {"the peer closed the link", condition::transient};
    case errc::dropped:
      return {"the connection ended without a Close", condition::transient};
    case errc::refused_by_hook:
      return {"refused by a hook", condition::permanent};
    case errc::hook_threw:
      return {"an exception left a hook", condition::permanent, close_code::internal_error};
    case errc::resolve_timeout:
      return {"name resolution timed out", condition::transient};
    case errc::connect_timeout:
      return {"TCP connect timed out", condition::transient};
    case errc::secure_timeout:
      return {"TLS handshake timed out", condition::transient};
    case errc::upgrade_timeout:
      return {"HTTP upgrade timed out", condition::transient};
    case errc::auth_timeout:
      return {"no credentials in time", condition::transient};
    case errc::write_timeout:
      return {"a write made no progress in time", condition::transient, close_code::going_away};
    case errc::pong_timeout:
      return {"a ping was not answered in time", condition::transient, close_code::going_away};
    case errc::close_timeout:
      return {"the closing handshake did not end in time", condition::transient};
    case errc::upgrade_refused:
      return {"the server refused the upgrade", condition::permanent};
    case errc::upgrade_malformed:
      return {"malformed HTTP upgrade", condition::protocol};
    case errc::upgrade_too_big:
      return {"HTTP header above the limit", condition::limit};
    case errc::unauthorized:
      return {"not authorized", condition::auth};
    case errc::rate_limited:
      return {"the server limits the rate", condition::transient};
    case errc::unavailable:
      return {"the server is unavailable", condition::transient};
    case errc::origin_refused:
      return {"requests of this Origin are not allowed", condition::auth};
    case errc::not_connected:
      return {"no open link", condition::transient};
    case errc::queue_full:
      return {"send queue full", condition::limit, close_code::internal_error};
    case errc::rate_exceeded:
      return {"more than the rate limit lets through", condition::limit};
    case errc::too_many_unacknowledged:
      return {"too many messages wait for their acknowledgment", condition::limit};
    case errc::mailbox_full:
      return {"mailbox full", condition::limit};
    case errc::stopped:
      return {"stopped", condition::cancelled};
    case errc::already_running:
      return {"already running", condition::permanent};
    case errc::too_many_calls:
      return {"too many calls are pending", condition::limit};
    case errc::call_timeout:
      return {"no reply in time", condition::transient};
    case errc::call_cancelled:
      return {"call cancelled", condition::cancelled};
    case errc::call_lost:
      return {"link lost before the reply", condition::transient};
    case errc::would_block:
      return {"would wait for its own strand", condition::permanent};
    case errc::outside_hook:
      return {"context used outside its hook", condition::permanent};
    case errc::ready_timeout:
      return {"no ready link in time", condition::transient};
    case errc::offline_full:
      return {"too many messages wait for a link", condition::limit};
    case errc::offline_expired:
      return {"waited too long for a link", condition::transient};
    case errc::too_many_subscriptions:
      return {"too many subscriptions", condition::limit};
    case errc::subscription_refused:
      return {"subscription refused", condition::permanent};
    case errc::subscription_timeout:
      return {"subscription not confirmed in time", condition::transient};
    case errc::offload_full:
      return {"too much work waits for the executor", condition::limit};
    case errc::too_many_checks:
      return {"too many health checks", condition::limit};
    case errc::invalid_url:
      return {"invalid URL", condition::permanent};
    case errc::invalid_option:
      return {"invalid option", condition::permanent};
    case errc::bad_event:
      return {"bad event", condition::permanent};
    case errc::listen_failed:
      return {"cannot listen", condition::permanent};
  }
  return unknown;
}

constexpr entry describe(framing_errc e) noexcept {
  switch (e) {
    case framing_errc::reserved_bits:
      return {"reserved bits set in a frame", condition::protocol};
    case framing_errc::bad_opcode:
      return {"unknown opcode in a frame", condition::protocol};
    case framing_errc::masked_frame:
      return {"the server masked a frame", condition::protocol};
    case framing_errc::unmasked_frame:
      return {"the client did not mask a frame", condition::protocol};
    case framing_errc::control_too_long:
      return {"control frame above 125 bytes", condition::protocol};
    case framing_errc::control_fragmented:
      return {"fragmented control frame", condition::protocol};
    case framing_errc::stray_continuation:
      return {"continuation without a message", condition::protocol};
    case framing_errc::interleaved_message:
      return {"data frame inside a fragmented message", condition::protocol};
    case framing_errc::bad_length:
      return {"frame length not minimal or too large", condition::protocol};
    case framing_errc::bad_close_payload:
      return {"close payload of one byte", condition::protocol};
    case framing_errc::bad_close_code:
      return {"close code not allowed on the wire", condition::protocol};
    case framing_errc::bad_utf8:
      return {"text is not UTF-8", condition::protocol, close_code::bad_payload};
    case framing_errc::message_too_big:
      return {"message above the limit", condition::limit, close_code::too_big};
  }
  return unknown;
}

constexpr entry describe(tls_errc e) noexcept {
  switch (e) {
    case tls_errc::failed:
      return {"TLS failed", condition::transient};
    case tls_errc::untrusted:
      return {"certificate of an unknown authority", condition::permanent};
    case tls_errc::self_signed:
      return {"self-signed certificate", condition::permanent};
    case tls_errc::expired:
      return {"certificate expired", condition::permanent};
    case tls_errc::not_yet_valid:  // A device whose clock was not set yet sees this; it will pass.
      return {"certificate not yet valid", condition::transient};
    case tls_errc::wrong_name:
      return {"certificate for another name", condition::permanent};
    case tls_errc::no_alternative_name:
      return {"certificate without a subjectAltName", condition::permanent};
    case tls_errc::wrong_pin:
      return {"public key is not pinned", condition::permanent};
    case tls_errc::weak:
      return {"key or signature too weak", condition::permanent};
    case tls_errc::version:
      return {"no TLS version in common", condition::permanent};
    case tls_errc::client_certificate:
      return {"client certificate required", condition::auth};
    case tls_errc::malformed:
      return {"the peer does not speak TLS", condition::protocol};
    case tls_errc::truncated:
      return {"the TLS stream was cut off", condition::transient};
    case tls_errc::unusable_files:
      return {"unusable certificate or key file", condition::permanent};
  }
  return unknown;
}

constexpr entry describe(wire_errc e) noexcept {
  switch (e) {
    case wire_errc::malformed:
      return {"malformed message", condition::protocol};
    case wire_errc::too_big:
      return {"hawser.v1 message above a limit", condition::limit};
  }
  return unknown;
}

constexpr entry describe(store_errc e) noexcept {
  switch (e) {
    case store_errc::failed:
      return {"the store failed", condition::transient};
    case store_errc::corrupt:
      return {"the store is corrupt", condition::permanent};
    case store_errc::in_doubt:
      return {"not known whether the store kept it", condition::transient};
    case store_errc::full:
      return {"outbox full", condition::limit};
    case store_errc::gap:
      return {"receipts are missing", condition::permanent};
  }
  return unknown;
}

struct own_category final : boost::system::error_category {
  constexpr own_category(const char* its_name, entry (*its_rows)(int) noexcept) noexcept
      : name_(its_name), rows_(its_rows) {}
  const char* name() const noexcept override { return name_; }
  std::string message(int value) const override { return row(value).text; }
  entry row(int value) const noexcept { return rows_(value); }

 private:
  const char* name_;
  entry (*rows_)(int) noexcept;
};

template <class E>
entry row_of(int value) noexcept {
  return describe(static_cast<E>(value));
}

constexpr own_category own_errors{"hawser", row_of<errc>};
constexpr own_category framing_errors{"hawser.framing", row_of<framing_errc>};
constexpr own_category tls_errors{"hawser.tls", row_of<tls_errc>};
constexpr own_category wire_errors{"hawser.wire", row_of<wire_errc>};
constexpr own_category store_errors{"hawser.store", row_of<store_errc>};

// Its row; none: it is not one of ours.
std::optional<entry> find(const error_code& ec) noexcept {
  for (const own_category* c :
       {&own_errors, &framing_errors, &tls_errors, &wire_errors, &store_errors}) {
    if (ec.category() == *c) return c->row(ec.value());
  }
  return std::nullopt;
}

struct conditions final : boost::system::error_category {
  const char* name() const noexcept override { return "hawser.condition"; }
  std::string message(int value) const override {
    switch (static_cast<condition>(value)) {
      case condition::transient:
        return "transient";
      case condition::permanent:
        return "permanent";
      case condition::protocol:
        return "protocol";
      case condition::limit:
        return "limit";
      case condition::auth:
        return "auth";
      case condition::cancelled:
        return "cancelled";
    }
    return "unknown condition";
  }
  bool equivalent(const error_code& ec, int value) const noexcept override {
    return ec && classify(ec) == static_cast<condition>(value);
  }
};

constexpr conditions hawser_conditions;

}  // namespace

const boost::system::error_category& hawser_category() noexcept { return own_errors; }
const boost::system::error_category& framing_category() noexcept { return framing_errors; }
const boost::system::error_category& tls_category() noexcept { return tls_errors; }
const boost::system::error_category& wire_category() noexcept { return wire_errors; }
const boost::system::error_category& store_category() noexcept { return store_errors; }
const boost::system::error_category& condition_category() noexcept { return hawser_conditions; }

condition classify(const error_code& ec) noexcept {
  if (const auto own = find(ec)) return own->kind;
  if (ec.category() == boost::system::system_category() ||
      ec.category() == boost::system::generic_category()) {
    switch (ec.value()) {
      case ECANCELED:
        return condition::cancelled;
      case EACCES:
      case EPERM:
      case EAFNOSUPPORT:
      case EADDRNOTAVAIL:
      case EINVAL:
        return condition::permanent;
      case EMFILE:
      case ENFILE:
      case ENOBUFS:
      case ENOMEM:
        return condition::limit;
      default:
        return condition::transient;
    }
  }
  return condition::transient;  // Name resolution and TLS transport: the network may come back.
}

close_code close_code_for(const error_code& ec) noexcept {
  return find(ec).value_or(unknown).closes_with;
}

}  // namespace hawser
