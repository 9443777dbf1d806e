// A queue that keeps its memory.
#pragma once

#include <cassert>
#include <cstddef>
#include <utility>
#include <vector>

namespace hawser {

/// First in, first out, for values that can be made by default. It grows by doubling and never
/// shrinks, so that a steady state allocates nothing. Not thread-safe.
template <class T>
class ring {
 public:
  bool empty() const noexcept { return size_ == 0; }
  std::size_t size() const noexcept { return size_; }
  void push(T value) {
    if (size_ == slots_.size()) grow();
    slots_[(first_ + size_) & (slots_.size() - 1)] = std::move(value);
    ++size_;
  }
  T& front() noexcept {
    assert(!empty());
    return slots_[first_];
  }
  T pop() {
    assert(!empty());
    T value = std::exchange(slots_[first_], T());
    first_ = (first_ + 1) & (slots_.size() - 1);
    --size_;
    return value;
  }

 private:
  void grow() {
    std::vector<T> larger(slots_.empty() ? 16 : 2 * slots_.size());
    for (std::size_t i = 0; i < size_; ++i) {
      larger[i] = std::move(slots_[(first_ + i) & (slots_.size() - 1)]);
    }
    slots_ = std::move(larger);
    first_ = 0;
  }

  std::vector<T> slots_;  // a power of two
  std::size_t first_ = 0;
  std::size_t size_ = 0;
};

}  // namespace hawser
