// The threads for heavy work, without a client.
#include <hawser/io/offload.hpp>

#include <gtest/gtest.h>

#include <chrono>
#include <future>

namespace offload_pool_test {

using namespace std::chrono_literals;

// Each job of a pair needs the other: whoever waits for one thread waits for ever.
TEST(offload_pool, two_jobs_that_come_at_once_run_side_by_side_though_one_thread_rests) {
  for (int round = 0; round < 20; ++round) {
    hawser::io::offload_pool pool({.threads = 2});
    std::promise<void> warm;
    ASSERT_TRUE(pool.submit("a", {[] {}, [&](hawser::error_code) { warm.set_value(); }}));
    warm.get_future().wait();
    ASSERT_TRUE(pool.wait(10s));  // The thread rests from here on.
    std::promise<void> second;
    std::promise<std::future_status> met;
    ASSERT_TRUE(
        pool.submit("a", {[&] { met.set_value(second.get_future().wait_for(2s)); }, nullptr}));
    ASSERT_TRUE(pool.submit("b", {[&] { second.set_value(); }, nullptr}));
    ASSERT_EQ(met.get_future().get(), std::future_status::ready) << round;
    ASSERT_TRUE(pool.wait(10s));
  }
}

}  // namespace offload_pool_test
