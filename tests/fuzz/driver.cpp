// Runs a fuzz target over a fixed pseudo-random corpus, so that it needs no fuzzer's runtime:
// driver [seed] [count]. Half of the inputs are frames with some octets changed: pure noise rarely
// gets past the second octet.
#include "support/frames.hpp"

#include <cstdio>
#include <cstdlib>

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size);

namespace {

using namespace hawser::test;

std::string noise(std::mt19937_64& random, std::size_t size) {
  std::string s(size, '\0');
  for (char& c : s) c = static_cast<char>(random());
  return s;
}

std::string frames(std::mt19937_64& random, bool masked) {
  static constexpr unsigned opcodes[] = {0, 0, 1, 1, 2, 8, 9, 10};
  std::string s;
  for (std::size_t i = below(random, 8); i > 0; --i) {
    wire_frame f;
    f.op = opcodes[below(random, std::size(opcodes))];
    f.fin = f.op >= 8 || below(random, 2) == 0;
    f.payload =
        below(random, 2) == 0 ? letters(below(random, 300)) : noise(random, below(random, 130));
    f.masked = masked;
    s += encode(f);
  }
  for (std::size_t i = below(random, 3); i > 0 && !s.empty(); --i) {
    s[below(random, s.size())] = static_cast<char>(random());
  }
  return s;
}

}  // namespace

int main(int argc, char** argv) {
  std::mt19937_64 random(argc > 1 ? std::strtoull(argv[1], nullptr, 10) : 1);
  const auto count = argc > 2 ? std::strtoull(argv[2], nullptr, 10) : 20'000;
  for (unsigned long long i = 0; i < count; ++i) {
    std::string input = noise(random, 1);
    input += i % 2 == 0 ? noise(random, below(random, 64)) : frames(random, (input[0] & 1) != 0);
    LLVMFuzzerTestOneInput(reinterpret_cast<const std::uint8_t*>(input.data()), input.size());
  }
  std::printf("%llu inputs\n", count);
  return 0;
}
