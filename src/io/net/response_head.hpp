// The header of an HTTP response, read line by line (RFC 9112 sections 4 and 5): what was whole
// before it broke off is known. No I/O here.
#pragma once

#include <hawser/core/bytes.hpp>
#include <hawser/hook_argument.hpp>

#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

namespace hawser::io {

/// Takes a response's header in pieces of any size. Reserves nothing but what came.
class response_head {
 public:
  enum class verdict : std::uint8_t {
    need_more,
    whole,
    malformed,  ///< it does not begin with a status line
    too_big,    ///< above `most` bytes, or most_fields() of them
  };

  /// `most` bytes may come, interim responses included.
  explicit response_head(std::size_t most) noexcept : most_(most) {}

  /// Takes what belongs to the header off the front of `piece`. After another verdict than
  /// need_more it must not be called again.
  verdict take(bytes_view& piece);
  /// After `whole`: that was an interim response, the next one follows (RFC 9110 section 15.2).
  void await_next() noexcept;

  /// 0: its status line is not whole.
  int status() const noexcept { return status_; }
  /// The server speaks HTTP/1.1, or a later 1.x (RFC 9110 section 2.5).
  bool is_http_1_1() const noexcept { return http_1_1_; }
  const std::string& reason() const noexcept { return reason_; }
  /// Of the lines that are whole and well-formed.
  const std::vector<header>& fields() const noexcept { return fields_; }
  /// Every line is well-formed.
  bool sound() const noexcept { return sound_; }
  /// What came of the line under way; after `malformed`, of the one that is no status line.
  std::string_view line() const noexcept { return line_; }

 private:
  bool take_status_line();
  void take_field_line();

  std::size_t most_;
  std::size_t taken_ = 0;
  std::string line_;
  int status_ = 0;
  bool http_1_1_ = false;
  bool sound_ = true;
  bool folds_ = false;  // the line before is a field that a folded line would go on with
  std::string reason_;
  std::vector<header> fields_;
};

}  // namespace hawser::io
