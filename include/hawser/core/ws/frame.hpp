// The vocabulary of RFC 6455 framing: opcodes and roles; with it, close codes.
#pragma once

#include <hawser/core/close_code.hpp>

#include <cstdint>

namespace hawser {

/// Which end of the link this is: a client masks what it sends, a server must not (5.1).
enum class role : std::uint8_t { client, server };

/// RFC 6455 section 5.2.
enum class opcode : std::uint8_t {
  continuation = 0,
  text = 1,
  binary = 2,
  close = 8,
  ping = 9,
  pong = 10
};

constexpr bool is_control(opcode op) noexcept { return static_cast<std::uint8_t>(op) >= 8; }

}  // namespace hawser
