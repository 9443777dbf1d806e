// Frames by hand for the tests of the codec: written and read apart from the code under test.
#pragma once

#include <hawser/core/bytes.hpp>
#include <hawser/core/ws/mask.hpp>

#include <array>
#include <cstdint>
#include <cstring>
#include <optional>
#include <random>
#include <string>
#include <string_view>
#include <vector>

namespace hawser::test {

/// A frame as it is on the wire; whatever is wrong with it is sent as it is.
struct wire_frame {
  unsigned op = 1;
  std::string payload = {};
  bool fin = true;
  bool masked = false;
  unsigned rsv = 0;                            // three bits
  std::size_t length_octets = 0;               // 2 or 8: that form, though a shorter one would do
  std::optional<std::uint64_t> declared = {};  // a length that the payload does not have
  std::array<unsigned char, 4> key = {0x37, 0xFA, 0x21, 0x3D};
};

inline std::string encode(const wire_frame& f) {
  std::string out;
  const std::uint64_t length = f.declared.value_or(f.payload.size());
  const std::size_t octets = f.length_octets != 0 ? f.length_octets
                             : length > 65535     ? 8
                             : length > 125       ? 2
                                                  : 0;
  out += static_cast<char>((f.fin ? 0x80u : 0u) | (f.rsv << 4) | f.op);
  const auto first = octets == 8 ? 127u : octets == 2 ? 126u : static_cast<unsigned>(length);
  out += static_cast<char>((f.masked ? 0x80u : 0u) | first);
  for (std::size_t i = octets; i-- > 0;) out += static_cast<char>((length >> (8 * i)) & 0xFF);
  if (!f.masked) return out + f.payload;
  for (const unsigned char k : f.key) out += static_cast<char>(k);
  for (std::size_t i = 0; i < f.payload.size(); ++i) {
    out += static_cast<char>(static_cast<unsigned char>(f.payload[i]) ^ f.key[i & 3]);
  }
  return out;
}

/// The whole frames at the front of `text`, unmasked, which are taken off it.
inline std::vector<wire_frame> decode(std::string& text) {
  std::vector<wire_frame> frames;
  std::size_t at = 0;
  const auto octet = [&](std::size_t i) -> unsigned { return static_cast<unsigned char>(text[i]); };
  while (text.size() - at >= 2) {
    wire_frame f;
    f.op = octet(at) & 0x0F;
    f.fin = (octet(at) & 0x80) != 0;
    f.rsv = (octet(at) >> 4) & 7;
    f.masked = (octet(at + 1) & 0x80) != 0;
    std::uint64_t length = octet(at + 1) & 0x7F;
    f.length_octets = length == 126 ? 2 : length == 127 ? 8 : 0;
    const std::size_t header = 2 + f.length_octets + (f.masked ? 4 : 0);
    if (text.size() - at < header) break;
    if (f.length_octets != 0) length = 0;
    for (std::size_t i = 0; i < f.length_octets; ++i) length = (length << 8) | octet(at + 2 + i);
    if (text.size() - at - header < length) break;
    f.payload = text.substr(at + header, static_cast<std::size_t>(length));
    if (f.masked) {
      for (std::size_t i = 0; i < 4; ++i) {
        f.key[i] = static_cast<unsigned char>(text[at + header - 4 + i]);
      }
      for (std::size_t i = 0; i < f.payload.size(); ++i) {
        f.payload[i] = static_cast<char>(static_cast<unsigned char>(f.payload[i]) ^ f.key[i & 3]);
      }
    }
    at += header + f.payload.size();
    frames.push_back(std::move(f));
  }
  text.erase(0, at);
  return frames;
}

/// The payload of a Close frame.
inline std::string close_payload(unsigned code, std::string_view reason = {}) {
  std::string out{static_cast<char>(code >> 8), static_cast<char>(code & 0xFF)};
  return out.append(reason);
}

/// Mask keys that the test knows: the octets 1, 2, 3, ...
class scripted_entropy final : public entropy {
 public:
  void fill(std::span<std::byte> out) override {
    for (std::byte& b : out) b = static_cast<std::byte>(++last_);
  }

 private:
  unsigned char last_ = 0;
};

/// `size` bytes that do not repeat soon; ASCII letters, so that they are a text too.
inline std::string letters(std::size_t size) {
  std::string s(size, 'x');
  for (std::size_t i = 0; i < size; ++i) s[i] = static_cast<char>('a' + (i * 7 + i / 26) % 26);
  return s;
}

/// A number below `bound` (which is above 0). The standard's distributions differ by library.
inline std::size_t below(std::mt19937_64& random, std::size_t bound) {
  return static_cast<std::size_t>(random() % bound);
}

}  // namespace hawser::test
