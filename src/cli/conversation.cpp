#include "cli/conversation.hpp"

#include <algorithm>
#include <chrono>

namespace hawser::cli {

bool conversation::wait_for_room() {
  std::unique_lock lock(mutex_);
  changed_.wait(lock, [this] { return over_ || (ready_ && out_.has_room()); });
  return !over_;
}

std::size_t conversation::sending(std::size_t size) {
  const std::lock_guard guard(mutex_);
  out_.add(size);
  return link_;
}

void conversation::not_taken(std::size_t size, std::size_t for_link) {
  const std::lock_guard guard(mutex_);
  if (for_link == link_) {
    out_.take(size);
  } else {
    --lost_;  // It was counted with those that the link had taken.
  }
}

void conversation::wait_a_moment() {
  std::unique_lock lock(mutex_);
  changed_.wait_for(lock, std::chrono::milliseconds(5));
}

void conversation::wait_for_silence(duration d) {
  std::unique_lock lock(mutex_);
  changed_.wait(lock, [this] { return over_ || ready_; });
  while (!over_) {
    const auto busy = [this] { return out_.messages != 0 || in_.messages != 0; };
    if (busy()) {
      changed_.wait(lock);
    } else if (changed_.wait_until(lock, active_ + d) == std::cv_status::timeout && !busy() &&
               active_ + d <= std::chrono::steady_clock::now()) {
      return;
    }
  }
}

void conversation::ready() {
  const std::lock_guard guard(mutex_);
  lose();  // What was taken after the link before had ended.
  ready_ = was_ready_ = true;
  active_ = std::chrono::steady_clock::now();
  changed_.notify_all();
}

void conversation::dropped() {
  const std::lock_guard guard(mutex_);
  ready_ = false;
  lose();
  changed_.notify_all();
}

void conversation::lose() {
  lost_ += out_.messages;
  out_ = {};
  ++link_;
}

void conversation::left(std::size_t size) {
  const std::lock_guard guard(mutex_);
  if (out_.messages != 0) out_.take(size);
  active_ = std::chrono::steady_clock::now();
  changed_.notify_all();
}

void conversation::heard() {
  const std::lock_guard guard(mutex_);
  active_ = std::chrono::steady_clock::now();
  changed_.notify_all();
}

conversation::entry conversation::enter_output(std::size_t size, const printer& out) {
  std::unique_lock lock(mutex_);
  const auto began = std::chrono::steady_clock::now();
  bool stalled = false;
  while (!hurried_ && !in_.has_room()) {
    const time_point until = std::max(began, out.moved()) + stall_;
    stalled = hurried_ = until <= std::chrono::steady_clock::now();
    if (!stalled) changed_.wait_until(lock, until);
  }
  if (in_.has_room()) {
    in_.add(size);
    return entry::taken;
  }
  ++skipped_;
  return stalled ? entry::stalled : entry::skipped;
}

void conversation::leave_output(std::size_t size) {
  const std::lock_guard guard(mutex_);
  in_.take(size);
  active_ = std::chrono::steady_clock::now();
  changed_.notify_all();
}

void conversation::hurry() {
  const std::lock_guard guard(mutex_);
  hurried_ = true;
  changed_.notify_all();
}

void conversation::end() {
  const std::lock_guard guard(mutex_);
  over_ = true;
  lose();
  changed_.notify_all();
}

bool conversation::was_ready() {
  const std::lock_guard guard(mutex_);
  return was_ready_;
}

std::size_t conversation::lost() {
  const std::lock_guard guard(mutex_);
  return lost_;
}

std::size_t conversation::skipped() {
  const std::lock_guard guard(mutex_);
  return skipped_;
}

}  // namespace hawser::cli
