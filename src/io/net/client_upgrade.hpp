// The client's side of the opening handshake (RFC 6455 section 4.1). No I/O here.
#pragma once

#include <hawser/hook.hpp>
#include <hawser/options.hpp>

#include "io/net/response_body.hpp"
#include "io/net/response_head.hpp"

#include <optional>
#include <string>

namespace hawser::io {

/// What a failed or finished upgrade says.
struct upgrade_outcome {
  error_code error;    ///< empty: upgraded
  std::string detail;  ///< in words
  std::string bytes;   ///< what came in the place of an HTTP response
  int status = 0;
  std::vector<header> headers;
  std::string body;  ///< of a refusal, capped
  std::string subprotocol;
};

/// How the detail begins when what came is no HTTP response.
inline constexpr std::string_view no_response = "not an HTTP response: ";

/// The client's side: writes one request, then takes the response in pieces of any size. Once the
/// status line of a refusal is whole the outcome is its status, whatever becomes of the rest.
class client_upgrade {
 public:
  /// The handshake was found valid by validate(). A Host of its own takes the authority's place.
  client_upgrade(std::string_view authority, const handshake& h, const limits& bounds,
                 std::string key);

  const std::string& request() const noexcept { return request_; }
  /// True: outcome() is final; bytes behind a 101 are in rest().
  bool feed(bytes_view piece);
  /// The header of a refusal is whole; its body is awaited.
  bool refused() const noexcept { return body_.has_value(); }
  /// No more will come, for that reason (errc::dropped: the stream ended in order): the outcome is
  /// what is known by now. `words` say more than the reason's own, if any.
  void give_up(error_code why, std::string_view words = {});
  const upgrade_outcome& outcome() const noexcept { return outcome_; }
  bytes_view rest() const noexcept { return as_bytes(rest_); }

 private:
  bool judge();
  bool refuse(std::string_view what_became);
  bool fail(errc e, std::string detail);

  std::string request_;
  std::string key_;
  std::vector<std::string> offered_;
  limits limits_;
  response_head head_;
  std::optional<response_body> body_;
  std::string rest_;
  upgrade_outcome outcome_;
};

/// The error that an HTTP status of a refused upgrade means.
errc error_for_status(int status) noexcept;

}  // namespace hawser::io
