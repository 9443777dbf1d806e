// What an endpoint made of the bytes it was given.
#pragma once

#include <cstdint>
#include <ostream>
#include <string>
#include <vector>

namespace hawser::test {

/// The same for both codecs, so that it can be compared with ==.
struct transcript {
  enum class end { open, closed, failed };

  std::vector<std::string> events = {};  // "text:...", "binary:...", "ping:...", "pong:..."
  std::vector<std::string> pongs = {};   // that were sent
  end how = end::open;
  unsigned code = 0;        // closed: of the peer's Close (1005: none)
  std::string reason = {};  // closed: of the peer's Close
  unsigned answer = 0;      // the code of the Close that was sent; 1005: an empty one; 0: none

  bool operator==(const transcript&) const = default;
};

inline void PrintTo(const transcript& t, std::ostream* out) {
  const auto brief = [](const std::string& s) {
    std::string line = std::to_string(s.size()) + " ";
    for (const char c : s.substr(0, 40)) line += c >= ' ' && c < 127 ? c : '?';
    return line;
  };
  for (const auto& e : t.events) *out << "\n  " << brief(e);
  for (const auto& p : t.pongs) *out << "\n  answered " << brief(p);
  *out << "\n  end=" << static_cast<int>(t.how) << " code=" << t.code
       << " reason=" << brief(t.reason) << " answer=" << t.answer;
}

}  // namespace hawser::test
