// The count of a client's heavy work, and its end.
#include "io/net/offloaded_work.hpp"

#include <hawser/context.hpp>

#include <gtest/gtest.h>

#include <future>

namespace offloaded_work_test {

using namespace std::chrono_literals;
using hawser::effects;
using hawser::errc;
using hawser::error_code;
using hawser::never;
using hawser::time_point;
using hawser::io::offloaded_work;

constexpr time_point deadline{100s};

// A pool of one thread that is busy until it is let go.
struct busy {
  ~busy() { go.set_value(); }
  hawser::result<void> submit(std::function<void(error_code)> tell) {
    effects::job j{"key", [until = gate] { until.wait(); }, nullptr};
    return work.submit(j, std::move(tell));
  }
  std::promise<void> go;
  std::shared_future<void> gate = go.get_future().share();
  offloaded_work work{{.threads = 1, .queued = 1}};
};

TEST(offloaded_work, an_end_without_work_waits_for_nothing) {
  offloaded_work w({});
  EXPECT_TRUE(w.end(deadline).empty());
  EXPECT_FALSE(w.awaited());
  EXPECT_EQ(w.deadline(), never);
  EXPECT_FALSE(w.leave());
}

TEST(offloaded_work, after_it_is_closed_nothing_is_taken) {
  busy b;
  b.work.close();
  EXPECT_EQ(b.submit([](error_code) {}).error(), errc::stopped);
}

TEST(offloaded_work, the_end_waits_for_what_runs_and_gives_back_what_does_not) {
  std::promise<void> told;
  busy b;
  std::promise<void> began;
  effects::job first{"key", [&, until = b.gate] { began.set_value(), until.wait(); }, nullptr};
  ASSERT_TRUE(b.work.submit(first, [&](error_code) { told.set_value(); }));
  began.get_future().wait();
  error_code second;
  ASSERT_TRUE(b.submit([&](error_code ec) { second = ec; }));
  EXPECT_EQ(b.submit([](error_code) {}).error(), errc::offload_full);
  const auto dropped = b.work.end(deadline);
  ASSERT_EQ(dropped.size(), 1u);
  dropped[0].done(errc::stopped);
  EXPECT_EQ(second, errc::stopped);
  EXPECT_TRUE(b.work.awaited());
  EXPECT_EQ(b.work.deadline(), deadline);
  EXPECT_FALSE(b.work.told());
  b.go.set_value();
  told.get_future().wait();
  EXPECT_TRUE(b.work.told()) << "the last one";
  EXPECT_EQ(b.work.leave(), 0u);
  b.go = {};
}

TEST(offloaded_work, who_waits_no_longer_learns_how_many_ends_are_left) {
  busy b;
  std::promise<void> began;
  effects::job j{"key", [&, until = b.gate] { began.set_value(), until.wait(); }, nullptr};
  ASSERT_TRUE(b.work.submit(j, [](error_code) {}));
  began.get_future().wait();
  EXPECT_TRUE(b.work.end(deadline).empty());
  EXPECT_EQ(b.work.leave(), 1u);
  EXPECT_FALSE(b.work.leave()) << "once";
}

}  // namespace offloaded_work_test
