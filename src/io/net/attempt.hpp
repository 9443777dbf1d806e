// One way to a link, and the link.
#pragma once

#include <hawser/core/ws/lifecycle.hpp>
#include <hawser/hook.hpp>

#include <memory>
#include <string>
#include <vector>

namespace hawser::io {

class connection;
class dialing;

/// What belongs to one attempt of a client, from its first question to the end of its link.
struct attempt {
  explicit attempt(const deadlines& d) : life(d) {}
  lifecycle life;
  handshake request;
  std::unique_ptr<handshake> bare;  ///< it, before credentials were asked for
  std::shared_ptr<dialing> dial;
  std::uint64_t ticket = 0;  ///< of the pending grant; an older one finishes nothing
  std::shared_ptr<connection> link;
  failure why;
  std::vector<header> headers;  ///< of a failed upgrade, as is the body
  std::string body;
  std::string detail;  ///< of the failure, in words
};
using attempt_ptr = std::shared_ptr<attempt>;

}  // namespace hawser::io
