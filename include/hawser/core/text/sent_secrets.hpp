// The credentials of an upgrade request, so that no echo of them is shown.
#pragma once

#include <hawser/core/text/redaction.hpp>

#include <string>
#include <string_view>
#include <vector>

namespace hawser {

/// Collects what is secret in a request and masks it in what the peer says. Pure; not thread-safe
/// while something is added.
class sent_secrets {
 public:
  /// A header field: the values of cookies, the token behind a scheme such as Bearer, the password
  /// of Basic (RFC 7617), what redact_field hides.
  void add_field(std::string_view name, std::string_view value);
  /// A header field, or another part of a request, that is a credential whatever its name says.
  void add_credential(std::string_view name, std::string_view value);
  /// A request target: what redact_parameters hides.
  void add_target(std::string_view target);
  /// What redact_subprotocols hides.
  void add_subprotocols(std::span<const std::string> offered);

  bool empty() const noexcept { return values_.empty(); }

  /// `text` with every secret replaced by ***: also one that is percent-encoded, or escaped as in
  /// JSON or HTML; pieces of one, from `piece` bytes on; and its beginning, from 3 bytes on, where
  /// the text ends, since that may have been cut.
  std::string mask(std::string_view text) const;

  static constexpr std::size_t piece = 8;

 private:
  void add(std::string_view secret);
  void add_scheme_and_token(std::string_view value);
  void add_cookies(std::string_view value);
  void add_quoted(std::string_view list);

  std::vector<std::string> values_;
};

}  // namespace hawser
