// Who may in, by what its upgrade request says.
#pragma once

#include <hawser/cloud/cloud.hpp>
#include <hawser/core/hash.hpp>
#include <hawser/core/text/origin.hpp>
#include <hawser/hook.hpp>

#include <map>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

namespace hawser {

/// Checks tokens (RFC 6750) and Origins (RFC 6455 section 10.2). Pure; one thread at a time.
class doorkeeper {
 public:
  /// Of `o`: authenticate, tokens and allow_origins, which are valid. `salt`: a secret of this run.
  doorkeeper(const cloud_options& o, hasher& hash, bytes salt);

  /// The device that its token names; empty: any. errc::unauthorized or errc::origin_refused.
  result<std::string> judge(const handshake& h) const;

 private:
  digest disguise(std::string_view token) const;
  std::optional<std::string> owner_of(std::string_view token) const;

  bool authenticate_;
  hasher* hash_;
  bytes salt_;
  std::map<digest, std::string> devices_;  // by the salted hash of their token
  std::vector<origin> allowed_;
};

}  // namespace hawser
