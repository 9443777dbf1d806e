// The head of an HTTP request: read in pieces, bounded, judged (RFC 9112). Beast takes its fields
// apart. No I/O here.
#pragma once

#include <hawser/core/bytes.hpp>

#include <boost/beast/http/fields.hpp>

#include <cstdint>
#include <string>
#include <string_view>

namespace hawser::io {

/// Takes a request up to the empty line that ends its head. One with a body is refused: nobody here
/// reads it, and its bytes must not be taken for something else.
class request_head {
 public:
  /// `most`: bytes, from the method to the empty line at the end.
  explicit request_head(std::size_t most) : most_(most) {}

  enum class verdict : std::uint8_t { need_more, ready, refused };
  verdict feed(bytes_view piece);

  // After ready.
  const std::string& method() const noexcept { return method_; }
  /// Path and query; empty: the target names no resource (RFC 6455 section 4.2.1).
  const std::string& resource() const noexcept { return resource_; }
  /// Their Host is the authority of an absolute target (RFC 9112 section 3.2.2).
  const boost::beast::http::fields& fields() const noexcept { return fields_; }
  /// What came behind the head.
  std::string_view rest() const noexcept { return std::string_view(input_).substr(at_); }

  // After refused: the status to answer with, and why.
  int status() const noexcept { return status_; }
  const std::string& detail() const noexcept { return detail_; }
  /// Whether the answer has a body (RFC 9110 section 9.3.2); also after ready.
  bool wants_body() const noexcept { return method_ != "HEAD"; }

 private:
  std::string_view left() const noexcept { return std::string_view(input_).substr(at_); }
  void skip_empty_lines();
  bool read_line(std::string_view line);
  bool read_target(std::string_view target);
  bool read_fields(std::string_view lines);
  bool judge_framing();
  bool judge_host();
  bool is_host(std::string_view text);
  bool refuse(int status, std::string why);

  std::size_t most_;
  std::string input_;
  std::size_t at_ = 0;  // where the head begins; once it is whole, where it ends
  std::size_t skipped_ = 0;
  std::size_t line_ = std::string::npos;  // bytes of the request line, once it was read
  std::string method_;
  std::string resource_;
  std::string authority_;  // of an absolute target
  boost::beast::http::fields fields_;
  int status_ = 400;
  std::string detail_;
};

}  // namespace hawser::io
