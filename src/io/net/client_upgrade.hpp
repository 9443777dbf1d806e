// The client's side of the opening handshake (RFC 6455 section 4.1), over Beast's HTTP parser. No
// I/O here.
#pragma once

#include <hawser/hook.hpp>
#include <hawser/options.hpp>

#include <memory>
#include <string>

namespace hawser::io {

/// What a failed or finished upgrade says.
struct upgrade_outcome {
  error_code error;    ///< empty: upgraded
  std::string detail;  ///< in words
  int status = 0;
  std::vector<header> headers;
  std::string body;  ///< of a refusal, capped
  std::string subprotocol;
};

/// The client's side: writes one request, then takes the response in pieces of any size.
class client_upgrade {
 public:
  client_upgrade(std::string authority, const handshake& h, const limits& bounds, std::string key);
  ~client_upgrade();

  const std::string& request() const noexcept { return request_; }
  /// True: outcome() is final; bytes behind the response are in rest().
  bool feed(bytes_view piece);
  /// No more will come, for that reason: the outcome is what is known by now.
  void give_up(error_code why);
  const upgrade_outcome& outcome() const noexcept { return outcome_; }
  bytes_view rest() const noexcept;

 private:
  struct parser;
  void expect_response();
  bool decide();
  bool refuse(errc e, std::string detail);

  std::string request_;
  std::string key_;
  std::vector<std::string> offered_;
  limits limits_;
  std::string input_;
  std::size_t consumed_ = 0;
  std::unique_ptr<parser> parser_;
  upgrade_outcome outcome_;
};

/// The error that an HTTP status of a refused upgrade means.
errc error_for_status(int status) noexcept;

}  // namespace hawser::io
