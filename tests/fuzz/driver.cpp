// Runs a fuzz target over inputs made from its seeds by a fixed number, so that it needs no
// fuzzer's runtime: driver [SEED] [COUNT]. `driver --write FOLDER` writes the seeds as a corpus
// instead. An input that fails is printed as a literal.
#include "fuzz/fuzz.hpp"

#include <csignal>
#include <fstream>
#include <random>

namespace {

using generator = std::mt19937_64;

std::string input;  // the one that runs, for whoever has to know it when it aborts

std::size_t below(generator& random, std::size_t n) { return n == 0 ? 0 : random() % n; }

std::string noise(generator& random, std::size_t size) {
  std::string s(size, '\0');
  for (char& c : s) c = static_cast<char>(random());
  return s;
}

// What parsers stumble over: extremes of numbers, ends, escapes.
constexpr std::string_view tokens[] = {"0",
                                       "-1",
                                       "18446744073709551615",
                                       "18446744073709551616",
                                       "9223372036854775808",
                                       "1e400",
                                       "\0",
                                       "\n",
                                       "\r\n",
                                       "\"",
                                       "\\",
                                       "\\u0000",
                                       "\xff",
                                       "\xed\xa0\x80",
                                       "%00",
                                       "%25",
                                       "%",
                                       "[",
                                       "{",
                                       "]",
                                       "}",
                                       ":",
                                       ",",
                                       "&",
                                       "=",
                                       "@",
                                       "/",
                                       "#",
                                       " ",
                                       "\t"};

void change(generator& random, std::string& s, const std::vector<std::string>& seeds) {
  const std::size_t at = below(random, s.size() + 1);
  const std::size_t length = below(random, 1 + std::min<std::size_t>(s.size() - at, 16));
  switch (below(random, 7)) {
    case 0:
      if (at < s.size()) s[at] = static_cast<char>(random());
      break;
    case 1:
      if (at < s.size())
        s[at] = static_cast<char>(static_cast<unsigned char>(s[at]) ^ (1U << below(random, 8)));
      break;
    case 2:
      s.erase(at, length);
      break;
    case 3:
      s.insert(at, s.substr(at, length));
      break;
    case 4:
      s.replace(at, length, tokens[below(random, std::size(tokens))]);
      break;
    case 5:
      s.resize(at);
      break;
    default: {
      const std::string& other = seeds[below(random, seeds.size())];
      s.insert(at, other.substr(below(random, other.size()), below(random, 64)));
    }
  }
}

std::string make(generator& random, const std::vector<std::string>& seeds) {
  if (below(random, 16) == 0) return noise(random, below(random, 64));
  std::string s = seeds[below(random, seeds.size())];
  for (std::size_t i = below(random, 5); i > 0; --i) change(random, s, seeds);
  return s;
}

void run(const std::string& one) {
  input = one;
  LLVMFuzzerTestOneInput(reinterpret_cast<const std::uint8_t*>(input.data()), input.size());
}

void show_input(int) {
  std::fputs("input: \"", stderr);
  for (const char c : input) std::fprintf(stderr, "\\x%02x", static_cast<unsigned char>(c));
  std::fputs("\"\n", stderr);
  std::signal(SIGABRT, SIG_DFL);
}

int write_corpus(const std::string& folder, const std::vector<std::string>& seeds) {
  for (std::size_t i = 0; i < seeds.size(); ++i) {
    std::ofstream out(folder + "/seed-" + std::to_string(i), std::ios::binary);
    if (!(out << seeds[i])) {
      std::fprintf(stderr, "%s: cannot be written\n", folder.c_str());
      return 1;
    }
  }
  return 0;
}

}  // namespace

int main(int argc, char** argv) {
  const std::vector<std::string> seeds = hawser::fuzz::seeds();
  if (argc == 3 && std::string_view(argv[1]) == "--write") return write_corpus(argv[2], seeds);
  generator random(argc > 1 ? std::strtoull(argv[1], nullptr, 10) : 1);
  const auto count = argc > 2 ? std::strtoull(argv[2], nullptr, 10) : 20'000;
  std::signal(SIGABRT, show_input);
  for (const std::string& s : seeds) run(s);
  for (unsigned long long i = 0; i < count; ++i) run(make(random, seeds));
  std::printf("%zu seeds, %llu inputs\n", seeds.size(), count);
  return 0;
}
