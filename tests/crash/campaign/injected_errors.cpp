#include "crash/campaign/injected_errors.hpp"

#include "crash/campaign/rope.hpp"

#include <algorithm>
#include <filesystem>
#include <functional>

namespace hawser::crash {
namespace {

namespace fs = std::filesystem;

constexpr int quotas = 2;

int code_of(disk_call what, chance& decide) {
  switch (what) {
    case disk_call::open:
      return SQLITE_CANTOPEN;
    case disk_call::read:
      return SQLITE_IOERR_READ;
    case disk_call::write:
      return decide.percent(50) ? SQLITE_FULL : SQLITE_IOERR_WRITE;
    case disk_call::sync:
      return SQLITE_IOERR_FSYNC;
    case disk_call::truncate:
      return SQLITE_IOERR_TRUNCATE;
    case disk_call::remove:
      return SQLITE_IOERR_DELETE;
    case disk_call::lock:
      return decide.percent(50) ? SQLITE_BUSY : SQLITE_IOERR_SHMLOCK;
    case disk_call::shm:
      return decide.percent(50) ? SQLITE_IOERR_SHMMAP : SQLITE_NOMEM;
  }
  return SQLITE_IOERR;
}

// A life with a bad disk from the making of the stores on, then one with a good disk.
class bad_life {
 public:
  bad_life(const error_options& o, side where, const std::string& folder)
      : options_(o),
        decide_(o.seed * 2 + (where == side::edge ? 0 : 1)),
        fed_("gw-0", o.seed, quotas),
        rope_(folder, where == side::edge ? &disk_ : nullptr,
              where == side::cloud ? &disk_ : nullptr) {}

  verdict run(const std::function<void(disk&, chance&)>& make_bad) {
    make_bad(disk_, decide_);
    if (!rope_.start_cloud()) bad_start();
    if (!rope_.start_edge()) bad_start();
    const int bad = options_.events / 2 + static_cast<int>(decide_.below(20));
    feed(bad);
    if (decide_.percent(30)) {  // ends on the bad disk, as after a death
      rope_.stop_edge(false);
      rope_.stop_cloud();
    }
    const int failed = disk_.failed();
    for (int c = 0; c < disk_calls; ++c) calls_[c] = disk_.calls(static_cast<disk_call>(c));
    disk_.heal();
    if (!rope_.cloud_runs() && !rope_.start_cloud()) return refused("the cloud");
    if (!rope_.edge_runs() && !rope_.start_edge()) return refused("the edge");
    feed(options_.events - bad);
    fed_.finish();
    if (!rope_.settle(fed_)) found_.find(&verdict::broken, "events stay without an answer");
    if (!rope_.drain()) found_.find(&verdict::broken, "does not drain: " + rope_.logs());
    rope_.stop_edge(false);
    rope_.stop_cloud();
    found_.add(rope_.prove(fed_), "then");
    found_.answered = fed_.answered();
    found_.tried = failed > 0 ? 1 : 0;
    if (!found_.holds()) found_.findings.push_back(rope_.logs());
    return found_;
  }

  /// How many such calls there were on the bad disk.
  int calls(disk_call what) const { return calls_[static_cast<int>(what)]; }

 private:
  void feed(int count) {
    while (count > 0) {
      const int n = std::min(count, 1 + static_cast<int>(decide_.below(16)));
      rope_.feed(fed_, n, 1 + decide_.below(16));
      count -= n;
    }
  }

  // It may refuse to start on a bad disk; on a good one it may not.
  void bad_start() {
    if (disk_.failed() == 0) {
      found_.find(&verdict::broken, "does not start on a good disk: " + rope_.error());
    }
  }

  verdict refused(const std::string& who) {
    found_.find(&verdict::broken, who + " refuses a healed disk: " + rope_.error());
    return found_;
  }

  error_options options_;
  chance decide_;
  disk disk_;
  feeder fed_;
  rope rope_;
  int calls_[disk_calls] = {};
  verdict found_;
};

// How many such calls there are when nothing fails.
int calls_of(const error_options& o, side where, disk_call what, const std::string& folder) {
  fs::create_directory(folder);
  bad_life life(o, where, folder);
  life.run([](disk&, chance&) {});
  return life.calls(what);
}

}  // namespace

verdict run_injected_error(const error_options& o, side where, disk_call what,
                           const std::string& folder) {
  const int calls = calls_of(o, where, what, folder + "/good");
  if (calls == 0) return {};
  const std::string bad = folder + "/bad";
  fs::create_directory(bad);
  disk_fault fault;
  const verdict found = bad_life(o, where, bad).run([&](disk& d, chance& decide) {
    fault.call = what;
    fault.nth = 1 + static_cast<int>(decide.below(static_cast<std::uint64_t>(calls)));
    constexpr int counts[] = {1, 1, 1, 2, 7, 1'000'000};
    fault.count = counts[decide.below(std::size(counts))];
    fault.code = code_of(what, decide);
    // Once longer than a store waits for it; for ever, each group would wait so long.
    if (fault.code == SQLITE_BUSY) fault.count = std::min(fault.count, 80);
    d.fail(fault);
  });
  verdict out;
  out.add(found, std::string(where == side::edge ? "edge, " : "cloud, ") + to_string(what) + " " +
                     std::to_string(fault.nth) + " of " + std::to_string(calls) + ", code " +
                     std::to_string(fault.code) + ", " + std::to_string(fault.count) + " times");
  return out;
}

verdict run_full_disk(const error_options& o, side where, const std::string& folder) {
  std::uint64_t room = 0;
  const verdict found = bad_life(o, where, folder).run([&](disk& d, chance& decide) {
    room = decide.below(decide.percent(30) ? 40'000 : 600'000);
    d.fill(static_cast<std::int64_t>(room));
  });
  verdict out;
  out.add(found, std::string(where == side::edge ? "edge" : "cloud") + ", full after " +
                     std::to_string(room) + " bytes");
  return out;
}

}  // namespace hawser::crash
