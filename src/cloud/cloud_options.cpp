#include <hawser/cloud/cloud.hpp>
#include <hawser/core/text/authority.hpp>
#include <hawser/core/text/origin.hpp>
#include <hawser/core/text/redaction.hpp>

#include <boost/asio/ip/address.hpp>

#include <chrono>

namespace hawser {
namespace {

// 127.0.0.0/8, also as an IPv4 address in IPv6, and ::1. What is no address is refused by the
// acceptor.
bool is_loopback(const std::string& host) {
  boost::system::error_code ec;
  const auto address = boost::asio::ip::make_address(host.substr(0, host.find('%')), ec);
  if (ec) return false;
  if (address.is_v6() && address.to_v6().is_v4_mapped()) {
    return make_address_v4(boost::asio::ip::v4_mapped, address.to_v6()).is_loopback();
  }
  return address.is_loopback();
}

}  // namespace

result<void, error_info> validate(const cloud_options& o) {
  if (o.heartbeat <= duration::zero() || o.heartbeat > std::chrono::hours(24)) {
    return invalid_option("heartbeat must be above 0 and at most 24 h");
  }
  if (o.ledger.empty()) return invalid_option("ledger: must not be empty");
  if (o.unix_socket && o.unix_socket->empty()) {
    return invalid_option("unix_socket: must not be empty");
  }
  for (const device_token& t : o.tokens) {
    if (t.device.empty()) return invalid_option("tokens: a device without a name");
    if (t.token.empty()) return invalid_option("tokens: the token of '" + t.device + "' is empty");
  }
  if (!o.tokens.empty() && !o.authenticate) {
    return invalid_option("tokens: are not looked at without authenticate");
  }
  for (const std::string& allowed : o.allow_origins) {
    if (!parse_origin(allowed)) {
      return invalid_option("allow_origins: '" + redact_parameters(allowed) +
                            "' is not scheme://host[:port]");
    }
  }
  const bool guarded = o.authenticate || o.tls.client_ca_file;
  if (!guarded && !o.open && !o.unix_socket && !is_loopback(o.host)) {
    return invalid_option("open: " + o.host +
                          " is not loopback: without tokens and without client "
                          "certificates everybody who reaches it may write to the ledger");
  }
  return {};
}

}  // namespace hawser
