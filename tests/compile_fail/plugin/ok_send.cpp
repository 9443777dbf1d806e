// expect-ok
#include "check.hpp"

#include <array>
#include <span>
#include <string>
#include <vector>

// Text is what is made of char, binary what is made of bytes.
template <class Sender>
void try_it(Sender& s) {
  const std::string text = "text";
  const std::uint8_t plain[4] = {};
  (void)s.send("text");
  (void)s.send(text, hawser::lane::control);
  (void)s.send(text.c_str());
  (void)s.send(std::string_view(text.data(), 2));
  (void)s.send({text.data(), 2});
  (void)s.send(std::vector<std::uint8_t>{1, 2});
  (void)s.send(std::vector<std::byte>{std::byte{1}}, hawser::lane::receipts);
  (void)s.send(std::array<std::uint8_t, 2>{1, 2});
  (void)s.send(std::array<std::byte, 2>{});
  (void)s.send(std::span<const std::uint8_t>(plain));
  (void)s.send(std::span<const std::uint8_t, 4>(plain));
  (void)s.send(std::as_bytes(std::span(plain)));
  (void)s.send(plain);
  (void)s.send(hawser::bytes_view());
  (void)s.send(hawser::buffer(8));
  (void)s.send(hawser::buffer(8), hawser::opcode::text, hawser::lane::bulk);
}

void from_a_hook(hawser::context& c) { try_it(c); }
void from_a_thread(hawser::client<right>& c) { try_it(c); }
