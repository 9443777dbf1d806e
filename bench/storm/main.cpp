// How a fleet comes back when its server does: the real machines, virtual time, no sockets.
#include "support/storm.hpp"

#include <cstdio>
#include <cstdlib>
#include <fstream>
#include <string_view>

namespace {

using namespace std::chrono_literals;
using hawser::test::storm;
using hawser::test::storm_plan;
using hawser::test::storm_result;

constexpr double bar = 3;
constexpr std::uint64_t seeds = 20;

struct design {
  const char* name;
  hawser::circuit_breaker::options breaker;
};

struct spread {
  double low, median, high;
};
spread of(std::vector<double> v) {
  std::sort(v.begin(), v.end());
  return {v.front(), (v[(v.size() - 1) / 2] + v[v.size() / 2]) / 2, v.back()};
}

// One row of the table; the seconds of each seed go to `csv` if it is open. The
// worst ratio.
double measure(const design& d, std::chrono::seconds down, unsigned clients, std::ofstream& csv) {
  std::vector<double> ratio, peak, mean, seconds, during;
  for (std::uint64_t seed = 1; seed <= seeds; ++seed) {
    const storm_plan plan{.clients = clients, .down = down, .seed = seed, .breaker = d.breaker};
    const storm_result r = storm(plan).run();
    ratio.push_back(r.ratio());
    peak.push_back(r.peak());
    mean.push_back(r.mean());
    seconds.push_back(static_cast<double>(r.attempts.size()));
    during.push_back(static_cast<double>(r.during) / clients);
    for (std::size_t s = 0; s < r.attempts.size(); ++s) {
      csv << d.name << ',' << down.count() << ',' << seed << ',' << s << ',' << r.attempts[s]
          << '\n';
    }
  }
  const spread x = of(ratio);
  std::printf("%-32s %5d %6.2f (%.2f - %.2f) %8.0f %8.0f %8.0f %10.1f\n", d.name,
              static_cast<int>(down.count()), x.median, x.low, x.high, of(peak).median,
              of(mean).median, of(seconds).median, of(during).median);
  return x.high;
}

}  // namespace

int main(int argc, char** argv) {
  const char* path = nullptr;
  unsigned clients = 10'000;
  for (int i = 1; i + 1 < argc; i += 2) {
    if (std::string_view(argv[i]) == "--csv") path = argv[i + 1];
    if (std::string_view(argv[i]) == "--clients") {
      clients = static_cast<unsigned>(std::strtoul(argv[i + 1], nullptr, 10));
    }
  }
  std::ofstream csv;
  if (path != nullptr) csv.open(path);
  if (clients == 0 || argc % 2 == 0 || !csv) {
    std::fprintf(stderr, "usage: storm_bench [--csv FILE] [--clients N]\n");
    return 2;
  }
  csv << "design,down,seed,second,attempts\n";
  std::printf(
      "%u clients, each a process of its own, with a circuit and a budget of its own; %d seeds.\n"
      "From the server's return until the last client is back, in buckets of 1 s: medians, and "
      "the\n"
      "lowest and highest ratio. Meanwhile: attempts of one client during the outage.\n\n"
      "%-32s %5s %20s %8s %8s %8s %10s\n",
      clients, static_cast<int>(seeds), "design", "down", "peak / mean", "peak/s", "mean/s",
      "seconds", "meanwhile");
  const design designs[] = {
      {"reconnect alone", {.threshold = 10'000}},
      {"breaker with a fixed reset time", {.jitter_percent = 0, .spread = 1ms}},
      {"the default", {}},
  };
  double worst = 0;
  for (const design& d : designs) {
    // 10 min is the bar's; a quarter of a minute more meets fixed reset times at another phase.
    for (const std::chrono::seconds down : {600s, 615s}) {
      const double ratio = measure(d, down, clients, csv);
      if (&d == std::end(designs) - 1) worst = std::max(worst, ratio);
    }
  }
  std::printf("\nThe bar for the default: %.0f at most, with every seed.\n", bar);
  return worst <= bar ? 0 : 1;
}
