// echo_bench: the contenders against one server, interleaved, as a table or as JSON. The exit
// status is 0 if every bar is met, 1 if one is missed, 2 if nothing could be measured.
#include "contenders.hpp"
#include "report.hpp"
#include "server.hpp"
#include "server_identity.hpp"

#include <charconv>
#include <csignal>
#include <cstdio>
#include <iostream>
#include <stdexcept>
#include <string>
#include <unistd.h>

namespace {

using namespace std::chrono_literals;

struct contender {
  const char* name;
  void (*run)(const bench::target& to, bench::meter& m);
  bool over_tls = false;  // has a form for TLS
};

constexpr contender contenders[] = {
    {"raw", bench::run_raw, true},           {"codec", bench::run_codec},
    {"callback", bench::run_callback, true}, {"full stack", bench::run_full_stack, true},
    {"beast", bench::run_beast, true},
};

constexpr const char* usage =
    "usage: echo_bench [--rounds=N] [--ms=N] [--only=NAME] [--tls] [--busy] [--json]\n"
    "  --rounds=N   rounds of all contenders, 1 to 1000 (11)\n"
    "  --ms=N       measured milliseconds of each, 10 to 60000 (400), behind a quarter to warm up\n"
    "  --only=NAME  one contender alone: raw, codec, callback, \"full stack\", beast\n"
    "  --tls        over TLS: raw is OpenSSL on blocking sockets, beast is its TLS example\n"
    "  --busy       the server polls instead of sleeping: no time is spent on waking it\n"
    "  --json       JSON instead of a table\n";

struct settings {
  unsigned rounds = 11;
  unsigned ms = 400;
  std::string only;
  bool tls = false;
  bool busy = false;
  bool json = false;
};

bool number(std::string_view text, unsigned low, unsigned high, unsigned& out) {
  const auto [end, ec] = std::from_chars(text.data(), text.data() + text.size(), out);
  return ec == std::errc{} && end == text.data() + text.size() && out >= low && out <= high;
}

bool parse(int argc, char** argv, settings& s) {
  for (int i = 1; i < argc; ++i) {
    const std::string_view a = argv[i];
    if (a == "--json") {
      s.json = true;
    } else if (a == "--tls") {
      s.tls = true;
    } else if (a == "--busy") {
      s.busy = true;
    } else if (a.starts_with("--only=")) {
      s.only = a.substr(7);
    } else if (a.starts_with("--rounds=")) {
      if (!number(a.substr(9), 1, 1000, s.rounds)) return false;
    } else if (a.starts_with("--ms=")) {
      if (!number(a.substr(5), 10, 60'000, s.ms)) return false;
    } else {
      return false;
    }
  }
  return true;
}

void stuck(int) {
  constexpr char text[] = "echo_bench: a contender makes no progress\n";
  (void)!::write(STDERR_FILENO, text, sizeof text - 1);
  ::_exit(2);
}

// The order rotates, so that nobody always runs behind the same neighbor.
std::vector<bench::series> measure(const settings& s, const bench::target& to) {
  std::vector<bench::series> all;
  std::vector<contender> taken;
  for (const contender& c : contenders) {
    if ((!s.only.empty() && s.only != c.name) || (s.tls && !c.over_tls)) continue;
    taken.push_back(c);
    all.push_back({c.name, {}});
  }
  if (taken.empty()) throw std::runtime_error("no contender is called " + s.only);
  std::signal(SIGALRM, stuck);
  for (unsigned round = 0; round < s.rounds; ++round) {
    std::fprintf(stderr, "\rround %u of %u", round + 1, s.rounds);
    for (std::size_t i = 0; i < taken.size(); ++i) {
      const std::size_t which = (i + round) % taken.size();
      bench::meter m(1ms * s.ms / 4, 1ms * s.ms);
      ::alarm(30 + s.ms / 500);
      taken[which].run(to, m);
      ::alarm(0);
      if (!m.done()) throw std::runtime_error(std::string(taken[which].name) + " left early");
      all[which].samples.push_back(m.result());
    }
  }
  std::fputs("\n", stderr);
  return all;
}

}  // namespace

int main(int argc, char** argv) {
  settings s;
  if (!parse(argc, argv, s)) {
    std::fputs(usage, stderr);
    return 2;
  }
  try {
    const bench::server_identity identity;
    const bench::echo_server server(0, s.busy, s.tls ? identity.context() : nullptr);
    bench::pin_to_core(1);
    const bench::target to{server.port(), s.tls ? std::optional(identity.ca_file()) : std::nullopt};
    const bench::report report(measure(s, to), s.tls);
    if (s.json) {
      report.json(std::cout);
    } else {
      report.table(std::cout);
    }
    return report.bars_met() ? 0 : 1;
  } catch (const std::exception& e) {
    std::cerr << "echo_bench: " << e.what() << '\n';
    return 2;
  }
}
