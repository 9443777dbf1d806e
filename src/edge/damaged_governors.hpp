// Governors that an edge goes on without, because their rows are damaged.
#pragma once

#include <map>
#include <optional>
#include <string>

namespace hawser {

class damaged_governors {
 public:
  /// "": its name is lost. False: it is known.
  bool add(const std::string& governor, const std::string& why) {
    if (!governor.empty()) return all_.emplace(governor, why).second;
    return nameless_ = true;
  }
  /// Why its events are refused; nullopt: they are not. `runs`: it has a machine.
  std::optional<std::string> refusal(const std::string& governor, bool runs) const {
    if (const auto at = all_.find(governor); at != all_.end()) return at->second;
    if (!nameless_ || runs) return std::nullopt;
    return "the store has a governor whose name is lost: it may be this one";
  }

 private:
  std::map<std::string, std::string> all_;
  bool nameless_ = false;
};

}  // namespace hawser
