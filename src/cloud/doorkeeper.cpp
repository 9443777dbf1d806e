#include "cloud/doorkeeper.hpp"

#include <hawser/core/text/authority.hpp>
#include <hawser/io/crypto.hpp>

#include <algorithm>
#include <span>

namespace hawser {
namespace {

std::vector<std::string_view> values_of(const handshake& h, std::string_view name) {
  std::vector<std::string_view> out;
  for (const header& f : h.headers) {
    if (to_lower(f.name) == name) out.push_back(f.value);
  }
  return out;
}

// RFC 9110 section 11.4: the scheme in any case, one space or more.
std::optional<std::string_view> bearer(const handshake& h) {
  constexpr std::string_view scheme = "bearer ";
  const auto shown = values_of(h, "authorization");
  if (shown.size() != 1 || to_lower(shown.front().substr(0, scheme.size())) != scheme) {
    return std::nullopt;
  }
  const auto begin = shown.front().find_first_not_of(' ', scheme.size());
  if (begin == std::string_view::npos) return std::nullopt;
  return shown.front().substr(begin);
}

}  // namespace

doorkeeper::doorkeeper(const cloud_options& o, hasher& hash, bytes salt)
    : authenticate_(o.authenticate), hash_(&hash), salt_(std::move(salt)) {
  for (const device_token& t : o.tokens) devices_[disguise(t.token)] = t.device;
  for (const std::string& text : o.allow_origins) {
    if (auto allowed = parse_origin(text)) allowed_.push_back(std::move(*allowed));
  }
}

// Of one length, and nothing that whoever chooses the token could choose: how long it takes to look
// for it tells nothing.
digest doorkeeper::disguise(std::string_view token) const {
  return hash_->sha256({salt_, as_bytes(token)});
}

std::optional<std::string> doorkeeper::owner_of(std::string_view token) const {
  if (devices_.empty()) return std::nullopt;
  const digest shown = disguise(token);
  auto nearest = devices_.lower_bound(shown);
  if (nearest == devices_.end()) --nearest;
  const bool known = constant_time_equal(nearest->first, shown);
  return known ? std::optional(nearest->second) : std::nullopt;
}

result<std::string> doorkeeper::judge(const handshake& h) const {
  const auto origins = values_of(h, "origin");
  const auto from = origins.size() == 1 ? parse_origin(origins.front()) : std::nullopt;
  const auto hosts = values_of(h, "host");
  const bool named = from && std::find(allowed_.begin(), allowed_.end(), *from) != allowed_.end();
  const bool same = from && hosts.size() == 1 && is_same_host(*from, hosts.front());
  // What a script of our own host sends is let in by its token alone: a certificate or nothing at
  // all would be shown by every script of the browser.
  if (!origins.empty() && !named && (!same || !authenticate_)) return errc::origin_refused;
  if (!authenticate_) return std::string();
  const auto token = bearer(h);
  auto device = token ? owner_of(*token) : std::nullopt;
  if (!device) return errc::unauthorized;
  return std::move(*device);
}

}  // namespace hawser
