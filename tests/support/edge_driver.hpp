// Drives an edge in a test: events in one line, answers that are waited for, clocks that stand.
#pragma once

#include <hawser/edge/edge.hpp>

#include "support/line_log.hpp"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <atomic>
#include <future>

namespace hawser::test {

inline governor::event quota_event(std::string id, std::string name, governor::fields params,
                                   std::string key = {}) {
  return {.governor = "quota",
          .id = std::move(id),
          .name = std::move(name),
          .key = std::move(key),
          .params = std::move(params)};
}
inline governor::event set_quota(std::string id, std::int64_t limit = 1'000'000,
                                 std::string key = {}) {
  return quota_event(std::move(id), "set_quota",
                     {{"metric", std::string("calls")}, {"limit", limit}}, std::move(key));
}
inline governor::event use(std::string id, std::int64_t amount = 1, std::string key = {}) {
  return quota_event(std::move(id), "record_usage",
                     {{"metric", std::string("calls")}, {"amount", amount}}, std::move(key));
}
inline governor::event usage_of(std::string id) {
  return quota_event(std::move(id), "get_usage", {});
}

/// Answers of an edge, in the order in which they came.
class answers {
 public:
  std::function<void(const answer&)> taker() {
    return [this](const answer& a) {
      const std::lock_guard guard(mutex_);
      all_.push_back(a);
      changed_.notify_all();
    };
  }
  /// The first `n`, once they are there.
  std::vector<answer> wait(std::size_t n) {
    std::unique_lock lock(mutex_);
    EXPECT_TRUE(changed_.wait_for(lock, patience, [&] { return all_.size() >= n; }))
        << all_.size() << " of " << n << " answers";
    return all_;
  }

 private:
  std::mutex mutex_;
  std::condition_variable changed_;
  std::vector<answer> all_;
};

/// Applies the event and waits for its answer.
inline answer ask(edge& e, governor::event event) {
  answers got;
  if (const auto taken = e.apply(std::move(event), got.taker()); !taken) {
    ADD_FAILURE() << "refused: " << taken.error().message();
    return {};
  }
  const auto all = got.wait(1);
  return all.empty() ? answer{} : all.front();
}

/// Holds the writer's thread until it is opened, so that what is submitted meanwhile is one group.
class gate {
 public:
  explicit gate(edge& e) {
    const auto held = std::make_shared<std::promise<void>>();
    auto reached = held->get_future();
    EXPECT_TRUE(e.answer_in_order("{}", [held, wait = open_.get_future().share()](const answer&) {
      held->set_value();
      wait.wait();
    }));
    EXPECT_EQ(reached.wait_for(patience), std::future_status::ready);
  }
  void open() { open_.set_value(); }

 private:
  std::promise<void> open_;
};

/// Clocks that a test moves. From any thread.
class manual_clocks {
 public:
  edge_clocks get() {
    return {[this] { return wall_.load(); },
            [this] { return time_point(std::chrono::milliseconds(monotonic_.load())); }};
  }
  void advance(std::chrono::milliseconds by) {
    monotonic_ += by.count();
    wall_ += by.count();
  }
  /// Somebody sets the wall clock.
  void leap(std::chrono::milliseconds by) { wall_ += by.count(); }
  wall_ms now() const { return wall_; }

 private:
  std::atomic<wall_ms> wall_{1'800'000'000'000};
  std::atomic<std::int64_t> monotonic_{5'000'000};
};

}  // namespace hawser::test
