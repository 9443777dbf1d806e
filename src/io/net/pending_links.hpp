// Links that were accepted and are not upgraded yet: how many there may be, and which one goes.
#pragma once

#include <cstdint>
#include <map>
#include <optional>
#include <set>
#include <string>
#include <unordered_map>

namespace hawser::io {

/// Bounds them in all and for each address, so that those who connect and say nothing cannot keep
/// out the others: whoever is at the bound loses its own oldest link. Pure; O(log n).
class pending_links {
 public:
  struct bounds {
    std::size_t all = 0;          ///< at least 1
    std::size_t per_address = 0;  ///< 0: none
  };
  explicit pending_links(bounds b) : bounds_(b) {}

  /// A link came; numbers grow. `bounded`: the bound for one address holds for this one. Whom it
  /// displaces, who must leave() then: it is the oldest link of the address that has most.
  std::optional<std::uint64_t> enter(std::uint64_t number, const std::string& address,
                                     bool bounded);
  /// It is upgraded, or gone. Of no effect for one that is not here.
  void leave(std::uint64_t number);
  /// The oldest link of the address that has most; of several such, the oldest of all.
  std::optional<std::uint64_t> next_to_go() const;
  std::size_t size() const noexcept { return by_number_.size(); }
  /// Once after each flood: an eighth at most is left of what was here at a time, and that was
  /// `many`.
  bool flood_is_over(std::size_t many) noexcept;

 private:
  using links = std::set<std::uint64_t>;
  using by_address = std::map<std::string, links>;
  using rank = std::pair<std::size_t, std::uint64_t>;  // how many, and how old the oldest is
  static rank rank_of(const links& all) { return {all.size(), ~*all.begin()}; }

  bounds bounds_;
  by_address by_address_;
  std::unordered_map<std::uint64_t, by_address::iterator> by_number_;
  std::map<rank, const links*> busiest_;  // the last one
  std::size_t peak_ = 0;
};

}  // namespace hawser::io
