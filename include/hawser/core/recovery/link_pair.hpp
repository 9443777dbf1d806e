// Which of a client's open links counts: one, or a predecessor and its successor. A pure machine.
#pragma once

#include <array>
#include <cstddef>
#include <cstdint>
#include <utility>

namespace hawser {

/// Of links of which nothing but the number is kept.
struct no_link_state {};

/// The open links of a client, by their numbers (from 1), and a state that is kept of each. While
/// the client moves to another link (see handover) two are open: the *predecessor*, and the
/// *successor* that opened later. One of them is the *current* one, which the client works with; a
/// link that ends leaves its place to the other. Two at most. Not thread-safe.
template <class State = no_link_state>
class link_pair {
 public:
  struct link {
    std::uint64_t number = 0;  ///< 0: there is none
    [[no_unique_address]] State state = {};
  };
  /// What a link was among those that were open.
  enum class place : std::uint8_t { none, only, predecessor, successor };

  /// A link opened. It is the current one, unless it `succeeds` another that is open: then it waits
  /// for took_over(), or for the end of that one. Of three links the first is forgotten. False,
  /// without effect: it is open already.
  bool opened(std::uint64_t number, bool succeeds, State s = {}) {
    if (find(number) != nullptr) return false;
    if (successor() != 0) (void)dropped(links_[0].number);
    const std::size_t at = links_[0].number != 0 ? 1 : 0;
    links_[at] = {number, std::move(s)};
    if (!succeeds) current_ = at;
    return true;
  }
  /// This link is the current one: a successor that has taken over, or, if that could not stay, its
  /// predecessor again. Whether another one was it; false, without effect: it is not open.
  bool took_over(std::uint64_t number) noexcept {
    if (number == current().number || find(number) == nullptr) return false;
    current_ = 1 - current_;
    return true;
  }
  /// A link ended: the other one, if there is one, is the current one. What it was; none, without
  /// effect: it was not open.
  place dropped(std::uint64_t number) {
    if (find(number) == nullptr) return place::none;
    const bool alone = successor() == 0;
    const bool first = number == links_[0].number;
    if (first) links_[0] = std::move(links_[1]);
    links_[1] = {};
    current_ = 0;
    return alone ? place::only : first ? place::predecessor : place::successor;
  }

  /// Until the next change; number 0 and an empty state if no link is open.
  const link& current() const noexcept { return links_[current_]; }
  /// The successor, or the only one; as current().
  const link& newest() const noexcept { return links_[successor() != 0 ? 1 : 0]; }
  /// The numbers of the two while two are open, else 0.
  std::uint64_t predecessor() const noexcept { return successor() != 0 ? links_[0].number : 0; }
  std::uint64_t successor() const noexcept { return links_[1].number; }
  /// What is kept of this link; nullptr: it is not open.
  State* find(std::uint64_t number) noexcept {
    if (number == 0) return nullptr;
    if (number == links_[0].number) return &links_[0].state;
    return number == links_[1].number ? &links_[1].state : nullptr;
  }

 private:
  std::array<link, 2> links_{};  // in the order of their opening; the first one alone, if only one
  std::size_t current_ = 0;
};

}  // namespace hawser
