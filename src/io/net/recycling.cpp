// The places of a client's attempts.
#include "io/net/recycling.hpp"

#include <utility>

namespace hawser::io {

attempt_ptr recycling::owner_of(const connection& c) const noexcept {
  for (const auto& a : {own_, successor_, predecessor_}) {
    if (a && a->link.get() == &c) return a;
  }
  return nullptr;
}

void recycling::hold(time_point now) {
  held_since_ = now;
  predecessor_ = std::exchange(own_, std::exchange(successor_, nullptr));
}

void recycling::revert() { successor_ = std::exchange(own_, std::exchange(predecessor_, nullptr)); }

void recycling::fail_over() { own_ = std::exchange(successor_, nullptr); }

void recycling::release(const connection& c) noexcept {
  if (const auto on = owner_of(c)) on->link.reset();
  if (lingering_.get() == &c) lingering_.reset();
}

recycling::link_list recycling::links() const {
  const auto of = [](const attempt_ptr& on) { return on ? on->link : nullptr; };
  return {of(own_), of(successor_), of(predecessor_), lingering_};
}

}  // namespace hawser::io
