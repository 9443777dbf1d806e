// Property: what a session makes of some bytes does not depend on how they are cut. The first octet
// of the input chooses role and cuts, the rest is what the peer sent.
#include "support/session_player.hpp"

#include <cstdlib>

using namespace hawser::test;

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
