// What a part of the campaign has found.
#pragma once

#include <cstdint>
#include <string>
#include <vector>

namespace hawser::crash {

/// Counts of what was tried and of what went wrong. Anything but zero in the latter is a finding.
struct verdict {
  std::uint64_t tried = 0;      ///< faults that were made
  std::uint64_t answered = 0;   ///< events that were answered as done
  std::uint64_t lost = 0;       ///< answered, and not in the store
  std::uint64_t doubled = 0;    ///< in the store more than once
  std::uint64_t reordered = 0;  ///< not where the answer said, or behind what was asked later
  std::uint64_t invented = 0;   ///< in the store and never asked, or answered as not done
  std::uint64_t broken = 0;     ///< everything else: a chain, a wrong usage, a process that ended
  std::vector<std::string> findings;  ///< in words, the first ones

  bool holds() const { return lost + doubled + reordered + invented + broken == 0; }

  /// Counts one of `what` and keeps the words.
  void find(std::uint64_t verdict::*what, const std::string& words) {
    ++(this->*what);
    if (findings.size() < most_findings) findings.push_back(words);
  }

  /// Adds a part; its words begin with where it was.
  void add(const verdict& part, const std::string& where) {
    tried += part.tried;
    answered += part.answered;
    lost += part.lost;
    doubled += part.doubled;
    reordered += part.reordered;
    invented += part.invented;
    broken += part.broken;
    for (const std::string& words : part.findings) {
      if (findings.size() < most_findings) findings.push_back(where + ": " + words);
    }
  }

 private:
  static constexpr std::size_t most_findings = 20;
};

}  // namespace hawser::crash
