// What the samples of all rounds say.
#pragma once

#include "meter.hpp"

#include <iosfwd>
#include <string>
#include <vector>

namespace bench {

/// All samples of one contender, one a round.
struct series {
  std::string name;
  std::vector<sample> samples;
};

/// The middle, and how far the rounds lie apart.
struct summary {
  double median = 0;
  double min = 0;
  double max = 0;
};

/// A bar that the library has set itself.
struct bar {
  std::string what;
  double value = 0;
  double limit = 0;
  bool at_least = false;  ///< else: at most
  bool met() const noexcept { return at_least ? value >= limit : value <= limit; }
};

/// Needs the series "raw", "full stack" and "beast" for ratios and bars; leaves out what cannot be
/// told without one of them.
class report {
 public:
  report(std::vector<series> all, bool tls) : all_(std::move(all)), tls_(tls) {}

  void table(std::ostream& out) const;
  void json(std::ostream& out) const;
  bool bars_met() const;

 private:
  const series* find(std::string_view name) const noexcept;
  std::vector<bar> bars() const;

  std::vector<series> all_;
  bool tls_;
};

}  // namespace bench
