// How a fleet comes back when its server does: the real machines, virtual time, no sockets.
#include "real.hpp"
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
  unsigned of_a_process;  // clients
  bool with_breaker;
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
    const storm_plan plan{.processes = clients / d.of_a_process,
                          .clients = d.of_a_process,
                          .down = down,
                          .seed = seed,
                          .with_breaker = d.with_breaker};
    const storm_result r = storm(plan).run();
    ratio.push_back(r.ratio());
    peak.push_back(r.peak());
    mean.push_back(r.mean());
    seconds.push_back(std::chrono::duration<double>(r.last).count());
    during.push_back(static_cast<double>(r.during) / clients);
    for (std::size_t s = 0; s < r.attempts.size(); ++s) {
      csv << '"' << d.name << "\"," << down.count() << ',' << seed << ',' << s << ','
          << r.attempts[s] << '\n';
    }
  }
  const spread x = of(ratio);
  std::printf("%-32s %5d %6.2f (%.2f - %.2f) %8.0f %8.0f %8.0f %10.1f\n", d.name,
              static_cast<int>(down.count()), x.median, x.low, x.high, of(peak).median,
              of(mean).median, of(seconds).median, of(during).median);
  return x.high;
}

int usage() {
  std::fprintf(stderr,
               "usage: storm_bench [--csv FILE] [--clients N]\n"
               "       storm_bench --real CLIENTS SECONDS\n");
  return 2;
}

}  // namespace

int main(int argc, char** argv) {
  if (argc == 4 && std::string_view(argv[1]) == "--real") {
    const unsigned long n = std::strtoul(argv[2], nullptr, 10);
    const double down = std::strtod(argv[3], nullptr);
    if (n < 1 || n > 10'000 || !(down >= 0.01 && down <= 3600)) return usage();
    const std::chrono::milliseconds ms(static_cast<int>(1000 * down));
    return bench::real_outage(static_cast<unsigned>(n), ms) ? 0 : 1;
  }
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
  if (clients < 1000 || argc % 2 == 0 || !csv) return usage();
  csv << "design,down,seed,second,attempts\n";
  std::printf(
      "%u clients; those of a process share its circuit and its budget; %d seeds. From the\n"
      "server's return until the last client is back, in buckets of 1 s: medians, and the lowest\n"
      "and highest ratio. Meanwhile: attempts of one client during the outage.\n\n"
      "%-32s %5s %20s %8s %8s %8s %10s\n",
      clients, static_cast<int>(seeds), "design", "down", "peak / mean", "peak/s", "mean/s",
      "seconds", "meanwhile");
  const design designs[] = {
      {"processes of 100, no breaker", 100, false},
      {"processes of 100", 100, true},
      {"processes of 1", 1, true},
      {"one process of 1,000", 1000, true},
  };
  double worst = 0;
  for (const design& d : designs) {
    for (const std::chrono::seconds down : {1s, 60s, 600s}) {
      const double ratio = measure(d, down, d.of_a_process == 1000 ? 1000 : clients, csv);
      if (d.with_breaker) worst = std::max(worst, ratio);
    }
  }
  std::printf("\nThe bar, with every seed: %.0f at most.\n", bar);
  return worst <= bar ? 0 : 1;
}
