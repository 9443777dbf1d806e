// What the clients of a process share.
#include <hawser/process.hpp>

#include <gtest/gtest.h>

#include <atomic>
#include <thread>
#include <vector>

namespace process_test {

using namespace std::chrono_literals;
using hawser::circuit;
using hawser::jitter;
using hawser::time_point;

constexpr time_point start{1000s};

TEST(shared_circuit, threads_agree_on_one_probe) {
  for (int round = 0; round < 200; ++round) {
    hawser::shared_circuit shared;
    std::vector<circuit::seat> seats(4);
    jitter random(1);
    time_point probe;
    shared.use([&](circuit& c) {
      for (std::size_t i = 0; i < 10; ++i) {
        (void)c.ask(seats[i % 2], start, {}, random);
        c.failed(seats[i % 2], start, {}, random);
      }
      probe = c.until();
    });
    std::atomic<int> probes{0};
    std::vector<std::thread> all;
    for (std::size_t t = 0; t < 3; ++t) {
      all.emplace_back([&, t] {
        jitter own(t);
        probes += shared.use([&](circuit& c) { return c.ask(seats[t], probe, {}, own); }).probe;
      });
    }
    for (auto& t : all) t.join();
    ASSERT_EQ(probes, 1);
  }
}

TEST(circuit_seat, is_left_with_its_owner_wherever_that_was_moved) {
  const auto shared = std::make_shared<hawser::shared_circuit>();
  const auto waiting = [&] { return shared->use([](circuit& c) { return c.waiting(); }); };
  {
    hawser::circuit_seat first(shared);
    first.use([](circuit& c, circuit::seat& s) { c.wants(s); });
    const hawser::circuit_seat moved(std::move(first));
    hawser::circuit_seat copy(moved);
    EXPECT_EQ(waiting(), 1u);
    copy.use([](circuit& c, circuit::seat& s) { c.wants(s); });
    EXPECT_EQ(waiting(), 2u);
  }
  EXPECT_EQ(waiting(), 0u);
}

TEST(process_state, one_endpoint_state_for_each_name_as_long_as_anybody_holds_it) {
  hawser::process_state p;
  const auto a = p.endpoint("ws://a:1");
  EXPECT_EQ(p.endpoint("ws://a:1"), a);
  EXPECT_NE(p.endpoint("ws://a:2"), a);
  for (int i = 0; i < 1000; ++i) (void)p.endpoint("ws://b:" + std::to_string(i));
  EXPECT_EQ(p.endpoint("ws://a:1"), a);
  a->addresses.use([](hawser::address_order& o) { o.failed("192.0.2.1:80"); });
  EXPECT_FALSE(
      p.endpoint("ws://a:1")->addresses.use([](hawser::address_order& o) { return o.empty(); }));
}

TEST(process_state, another_may_stand_in_for_it_on_a_thread) {
  hawser::process_state& real = hawser::process_state::here();
  hawser::process_state world;
  EXPECT_EQ(hawser::process_state::replace(&world), nullptr);
  EXPECT_EQ(&hawser::process_state::here(), &world);
  std::thread([&] { EXPECT_EQ(&hawser::process_state::here(), &real); }).join();
  EXPECT_EQ(hawser::process_state::replace(nullptr), &world);
  EXPECT_EQ(&hawser::process_state::here(), &real);
}

}  // namespace process_test
