// Property: what a session makes of some bytes does not depend on how they are cut. The first octet
// of the input chooses role and cuts, the rest is what the peer sent.
#include "fuzz/fuzz.hpp"
#include "support/session_player.hpp"

using namespace hawser::test;

// The messages and control frames of a session, as either side may send them.
std::vector<std::string> hawser::fuzz::seeds() {
  std::mt19937_64 random(7);
  static constexpr unsigned opcodes[] = {0, 0, 1, 1, 2, 8, 9, 10};
  std::vector<std::string> out;
  for (std::size_t i = 0; i < 200; ++i) {
    std::string s(1, static_cast<char>(random()));
    for (std::size_t n = 1 + below(random, 7); n > 0; --n) {
      wire_frame f;
      f.op = opcodes[below(random, std::size(opcodes))];
      f.fin = f.op >= 8 || below(random, 2) == 0;
      f.payload = letters(below(random, below(random, 2) == 0 ? 300 : 130));
      f.masked = (s[0] & 1) != 0;
      s += encode(f);
    }
    out.push_back(std::move(s));
  }
  return out;
}

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  if (size < 1) return 0;
  const auto self = (data[0] & 1) != 0 ? hawser::role::server : hawser::role::client;
  const std::string_view wire(reinterpret_cast<const char*>(data) + 1, size - 1);
  constexpr std::size_t max_message = 1000;
  hawser::framing_errc whole_error{};
  hawser::framing_errc cut_error{};
  const transcript whole = hawser_reads(self, wire, max_message, uncut(), &whole_error);
  const transcript cut =
      hawser_reads(self, wire, max_message, cut_randomly(data[0], 1 + data[0] / 8u), &cut_error);
  if (whole != cut || whole_error != cut_error) std::abort();
  for (const std::string& e : whole.events) {
    if (e.size() > max_message + sizeof("binary:") || whole.pongs.size() > whole.events.size()) {
      std::abort();
    }
  }
  return 0;
}
