// The long crash campaign: `scripts/crash`.
#include "crash/campaign/injected_errors.hpp"
#include "crash/campaign/kills.hpp"
#include "crash/campaign/power_cuts.hpp"
#include "crash/campaign/small_disk.hpp"
#include "crash/campaign/upgrade.hpp"
#include "crash/program/options.hpp"
#include "crash/program/parts.hpp"

#include <algorithm>
#include <cstdio>

namespace hawser::crash {
namespace {

constexpr std::uint64_t kills_of_a_store = 50;

// The stops of so many seconds fall to the first stores.
std::vector<std::chrono::milliseconds> stops_of(std::uint64_t store) {
  constexpr std::uint64_t seconds[] = {40, 20, 10, 5};
  if (store >= std::size(seconds)) return {};
  return {std::chrono::seconds(seconds[store])};
}

part kill_part(const campaign_options& o) {
  part p{"kills", (o.kills + kills_of_a_store - 1) / kills_of_a_store, {}};
  p.run = [o](std::uint64_t n, const std::string& folder) {
    kill_options k;
    k.seed = o.seed + n;
    k.kills = std::min(kills_of_a_store, o.kills - n * kills_of_a_store);
    k.long_stops = stops_of(n);
    return run_kills(k, folder, [](std::uint64_t) {});
  };
  return p;
}

constexpr std::uint64_t cuts_of_a_history = 50;

part cut_part(const campaign_options& o) {
  part p{"power-cuts", (o.cuts + cuts_of_a_history - 1) / cuts_of_a_history, {}};
  p.run = [o](std::uint64_t n, const std::string& folder) {
    cut_options c;
    c.seed = o.seed + n;
    c.failing_syncs = c.seed % 2 != 0;
    c.images = static_cast<int>(std::min(cuts_of_a_history, o.cuts - n * cuts_of_a_history));
    return run_power_cuts(c, folder);
  };
  return p;
}

// Every kind of call in turn, on the disk of the edge and of the cloud.
part error_part(const campaign_options& o) {
  part p{"io-errors", o.errors, {}};
  p.run = [o](std::uint64_t n, const std::string& folder) {
    const std::uint64_t seed = o.seed + n;  // It decides alone, so that one run can be repeated.
    const auto call = static_cast<disk_call>(seed % disk_calls);
    const side where = seed / disk_calls % 2 == 0 ? side::edge : side::cloud;
    return run_injected_error({seed}, where, call, folder);
  };
  return p;
}

part full_part(const campaign_options& o) {
  part p{"full-disks", o.full_disks, {}};
  p.run = [o](std::uint64_t n, const std::string& folder) {
    const std::uint64_t seed = o.seed + n;
    if (seed % 2 != 0) return run_small_disk({seed}, folder);
    return run_full_disk({seed}, seed % 4 == 0 ? side::edge : side::cloud, folder);
  };
  return p;
}

part upgrade_part(const campaign_options& o) {
  part p{"upgrades", o.upgrades, {}};
  p.run = [o](std::uint64_t n, const std::string& folder) {
    return run_upgrade({o.seed + n}, folder);
  };
  return p;
}

}  // namespace
}  // namespace hawser::crash

int main(int argc, char** argv) {
  using namespace hawser::crash;
  const campaign_options options = read_options(argc, argv);
  campaign all(options);
  all.run(kill_part(options));
  all.run(cut_part(options));
  all.run(error_part(options));
  all.run(full_part(options));
  all.run(upgrade_part(options));
  return all.summarize();
}
