#include "contenders.hpp"
#include "sockets.hpp"

#include <array>
#include <string>
#include <sys/socket.h>

namespace bench {

void run_raw(const target& to, meter& m) {
  constexpr std::size_t answer_size = 2 + message_size;
  constexpr std::size_t frame_size = 6 + message_size;
  std::string frame{'\x81', static_cast<char>(0x80 | message_size), 1, 2, 3, 4};
  for (std::size_t i = 0; i < message_size; ++i) {
    frame += static_cast<char>('x' ^ static_cast<char>(1 + i % 4));
  }
  std::string frames;
  for (std::size_t i = 0; i < in_flight; ++i) frames += frame;

  stream s = dial(to);
  write_all(s, frames);
  std::array<char, 64 * 1024> buffer;
  std::size_t bytes = 0;
  while (true) {
    const ssize_t n = s.read(buffer.data(), buffer.size());
    if (n <= 0) fail("recv");
    bytes += static_cast<std::size_t>(n);
    const std::size_t whole = bytes / answer_size;
    bytes %= answer_size;
    if (!m.arrived(whole)) return;
    write_all(s, std::string_view(frames).substr(0, whole * frame_size));
  }
}

}  // namespace bench
