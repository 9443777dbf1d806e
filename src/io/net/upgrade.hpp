// The opening handshake (RFC 6455 section 4), both sides, over Beast's HTTP parser. No I/O here.
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
  bytes_view rest() const noexcept;
  /// 101 with the chosen subprotocol. A choice that was not offered is taken back.
  std::string accept();
  /// A refusal with a plain text body of one line.
  static std::string refuse(int status, std::string_view text);

 private:
  struct parser;
  verdict malformed(std::string why);
  verdict check();

  limits limits_;
  std::string input_;
  std::size_t consumed_ = 0;
  std::unique_ptr<parser> parser_;
  handshake request_;
  std::string key_;
  std::string detail_;
  int status_ = 400;
};

/// base64(16 random octets) (4.1), and the value that answers it (4.2.2).
std::string make_websocket_key();
std::string accept_for(std::string_view key);

/// The error that an HTTP status of a refused upgrade means.
errc error_for_status(int status) noexcept;

}  // namespace hawser::io
