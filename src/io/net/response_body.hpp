// The body of a refused upgrade, as far as it is kept. No I/O here.
#pragma once

#include <hawser/core/bytes.hpp>
#include <hawser/hook_argument.hpp>

#include <cstdint>
#include <string>
#include <vector>

namespace hawser::io {

/// Cuts a body out of what follows a header (RFC 9112 sections 6.3 and 7.1). What the peer says of
/// its length decides where it ends, and never what is reserved. Lengths that contradict each other
/// or are none let it end with the stream.
class response_body {
 public:
  enum class state : std::uint8_t {
    open,
    whole,
    cut,     ///< `most` bytes are there, or its framing is more than any body is worth
    broken,  ///< a chunk that is none
  };

  response_body(int status, const std::vector<header>& fields, std::size_t most);

  /// True: it is over.
  bool take(bytes_view piece);
  /// The stream has ended in order.
  void end() noexcept;
  state current() const noexcept { return state_; }
  /// Cut for what is no body: sizes and extensions of its chunks, and trailers.
  bool framed_too_much() const noexcept;
  const std::string& text() const noexcept { return text_; }

 private:
  enum class part : std::uint8_t {
    counted,    // left_ bytes
    until_end,  // of the stream
    size,       // of a chunk, in hex
    extension,  // what follows it on its line
    chunk,      // left_ bytes
    chunk_end,  // the line feed behind them
    trailer,
  };

  void keep(bytes_view& piece);
  void take_framing(char c);
  void take_size(char c);
  void end_size_line();

  std::size_t most_;
  part part_ = part::until_end;
  state state_ = state::open;
  std::uint64_t left_ = 0;
  std::size_t framing_ = 0;  // bytes that were none of the body's
  bool any_ = false;         // of the size's digits, of the trailer's line
  std::string text_;
};

}  // namespace hawser::io
