#include "io/net/pending_links.hpp"

#include <algorithm>
#include <utility>

namespace hawser::io {

std::optional<std::uint64_t> pending_links::enter(std::uint64_t number, const std::string& address,
                                                  bool bounded) {
  const auto at = by_address_.try_emplace(address).first;
  links& own = at->second;
  if (!own.empty()) busiest_.erase(rank_of(own));
  own.insert(number);
  busiest_[rank_of(own)] = &own;
  by_number_[number] = at;
  peak_ = std::max(peak_, by_number_.size());
  if (bounded && bounds_.per_address != 0 && own.size() > bounds_.per_address) return *own.begin();
  if (by_number_.size() > bounds_.all) return next_to_go();
  return std::nullopt;
}

void pending_links::leave(std::uint64_t number) {
  const auto found = by_number_.find(number);
  if (found == by_number_.end()) return;
  const auto at = found->second;
  links& own = at->second;
  busiest_.erase(rank_of(own));
  own.erase(number);
  by_number_.erase(found);
  if (own.empty()) {
    by_address_.erase(at);
  } else {
    busiest_[rank_of(own)] = &own;
  }
}

bool pending_links::flood_is_over(std::size_t many) noexcept {
  if (peak_ < many || by_number_.size() > peak_ / 8) return false;
  peak_ = by_number_.size();
  return true;
}

std::optional<std::uint64_t> pending_links::next_to_go() const {
  if (busiest_.empty()) return std::nullopt;
  return *busiest_.rbegin()->second->begin();
}

}  // namespace hawser::io
