// The acceptor's side of the opening handshake (RFC 6455 section 4.2). No I/O here.
#pragma once

#include <hawser/hook.hpp>
#include <hawser/options.hpp>

#include <memory>
#include <string>

namespace hawser::io {

class request_head;

/// The acceptor's side: takes a request in pieces, then writes the response.
class server_upgrade {
 public:
  explicit server_upgrade(const limits& bounds);
  ~server_upgrade();

  enum class verdict : std::uint8_t { need_more, ready, malformed };
  verdict feed(bytes_view piece);
  /// After ready: what was asked for.
  handshake& request() noexcept { return request_; }
  /// After malformed: why, and the status to refuse with.
  const std::string& detail() const noexcept { return detail_; }
  int status() const noexcept { return status_; }
  /// Whether a refusal has a body: not for HEAD.
  bool wants_body() const noexcept;
  bytes_view rest() const noexcept;
  /// 101 with the chosen subprotocol. A choice that was not offered is taken back.
  std::string accept();
  /// A refusal with a plain text body of one line.
  static std::string refuse(int status, std::string_view text, bool with_body = true);

 private:
  verdict malformed(int status, std::string why);
  verdict check();

  std::unique_ptr<request_head> head_;
  handshake request_;
  std::string key_;
  std::string detail_;
  int status_ = 400;
};

}  // namespace hawser::io
