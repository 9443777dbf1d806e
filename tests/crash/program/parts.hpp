// Runs the parts of the campaign, several seeds at once, and says how it goes.
#pragma once

#include "crash/campaign/verdict.hpp"
#include "crash/program/options.hpp"

#include <chrono>
#include <functional>
#include <mutex>
#include <string>
#include <vector>

namespace hawser::crash {

/// One kind of fault: `count` runs of it, each in an empty folder of its own.
struct part {
  std::string name;
  std::uint64_t count = 0;
  std::function<verdict(std::uint64_t n, const std::string& folder)> run;
};

class campaign {
 public:
  explicit campaign(campaign_options o) : options_(std::move(o)) {}

  /// Runs it to its end, or until the time is over.
  void run(const part& p);
  /// Prints what was tried and found; the exit code.
  int summarize() const;

 private:
  struct line {
    std::string name;
    verdict found;
    std::uint64_t done = 0;
    std::uint64_t of = 0;
  };

  void run_one(const part& p, std::uint64_t n, line& to);
  bool is_over() const;
  double seconds() const;

  campaign_options options_;
  std::chrono::steady_clock::time_point begun_ = std::chrono::steady_clock::now();
  std::mutex mutex_;
  std::vector<line> lines_;
};

}  // namespace hawser::crash
