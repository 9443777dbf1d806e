// Heavy work beside the strand.
#include <hawser/hawser.hpp>

#include "support/acceptor_host.hpp"

#include <gtest/gtest.h>

#include <atomic>
#include <future>
#include <stdexcept>
#include <string>
#include <thread>
#include <vector>

namespace hawser::test {
namespace offload_test {

using namespace std::chrono_literals;

struct worker : adapter<worker, on::ready, on::wake, on::stopped> {
  std::function<void(context&)> ready = [](context&) {};
  std::function<void()> stopped = [] {};
  bool woken = false;

  void on_ready(context& c, const ready_info&) { ready(c); }
  void on_wake(context& c, const wake_info&) {
    woken = true;
    c.close();
  }
  void on_stopped(context&, const stop_info&) { stopped(); }
};

TEST(offload, work_runs_beside_the_strand_and_its_end_is_told_on_it) {
  acceptor_host server;
  std::thread::id ran;
  std::thread::id told;
  worker w;
  w.ready = [&](context& c) {
    c.offload(
        "key", [&] { ran = std::this_thread::get_id(); },
        [&](context& d, error_code ec) {
          EXPECT_FALSE(ec);
          EXPECT_TRUE(d.link().open);
          told = std::this_thread::get_id();
          d.wake_at(d.now());  // the plug-in's own
        });
  };
  client<worker> c{{.url = server.url()}, w};
  EXPECT_FALSE(c.run()) << c.last_detail();
  EXPECT_EQ(told, std::this_thread::get_id());
  EXPECT_NE(ran, told);
  EXPECT_NE(ran, std::thread::id());
  EXPECT_TRUE(c.get<worker>().woken);
}

TEST(offload, keys_keep_their_order) {
  acceptor_host server;
  std::vector<int> a;
  std::vector<int> b;
  std::atomic<int> left = 200;
  worker w;
  w.ready = [&](context& c) {
    for (int i = 0; i < 100; ++i) {
      const auto done = [&](context& d, error_code) {
        if (--left == 0) d.close();
      };
      c.offload(
          "a", [&a, i] { a.push_back(i); }, done);
      c.offload(
          "b", [&b, i] { b.push_back(i); }, done);
    }
  };
  client<worker> c{{.url = server.url()}, w};
  EXPECT_FALSE(c.run()) << c.last_detail();
  ASSERT_EQ(a.size(), 100u);
  ASSERT_EQ(b.size(), 100u);
  for (int i = 0; i < 100; ++i) {
    EXPECT_EQ(a[static_cast<std::size_t>(i)], i);
    EXPECT_EQ(b[static_cast<std::size_t>(i)], i);
  }
}

TEST(offload, what_throws_or_finds_no_room_is_told) {
  acceptor_host server;
  std::promise<void> go;
  auto gate = go.get_future().share();
  std::vector<error_code> told;
  worker w;
  w.ready = [&](context& c) {
    const auto done = [&](context& d, error_code ec) {
      told.push_back(ec);
      if (told.size() == 3) d.close();
      if (told.size() == 1) go.set_value();
    };
    c.offload(
        "a",
        [gate] {
          gate.wait();
          throw std::runtime_error("x");
        },
        done);
    c.offload(
        "a", [] {}, done);
    c.offload(
        "a", [] {}, done);
    c.offload(
        "a", [] {}, done);
  };
  // The first may run or wait still when the others come.
  client<worker> c{{.url = server.url(), .offload = {.threads = 1, .queued = 2}}, w};
  EXPECT_FALSE(c.run()) << c.last_detail();
  ASSERT_GE(told.size(), 3u);
  EXPECT_EQ(told[0], errc::offload_full);
  EXPECT_NE(std::count(told.begin(), told.end(), errc::hook_threw), 0);
}

TEST(offload, the_end_waits_for_what_runs_and_drops_the_rest) {
  acceptor_host server;
  std::promise<void> began;
  std::promise<void> go;
  std::vector<error_code> told;
  std::size_t at_stop = 0;
  worker w;
  w.ready = [&](context& c) {
    const auto done = [&](context&, error_code ec) { told.push_back(ec); };
    c.offload(
        "a",
        [&] {
          began.set_value();
          go.get_future().wait();
        },
        done);
    c.offload(
        "a", [] {}, done);
  };
  w.stopped = [&] { at_stop = told.size(); };
  client<worker> c{{.url = server.url(), .deadlines = {.close = 10s}}, w};
  std::thread helper([&] {
    began.get_future().wait();
    c.stop();
    while (c.snapshot().at != phase::stopped && c.send("x") != errc::stopped) {
      std::this_thread::yield();
    }
    EXPECT_EQ(c.offload("b", [] {}).error(), errc::stopped);
    go.set_value();
  });
  EXPECT_FALSE(c.run());
  helper.join();
  ASSERT_EQ(told.size(), 2u);
  EXPECT_EQ(std::count(told.begin(), told.end(), errc::stopped), 1);
  EXPECT_EQ(at_stop, 2u);  // on_stopped comes last.
}

TEST(offload, work_that_never_ends_holds_up_the_end_no_longer_than_its_bound) {
  acceptor_host server;
  auto go = std::make_shared<std::promise<void>>();
  auto began = std::make_shared<std::promise<void>>();
  bool stopped = false;
  worker w;
  w.ready = [&](context& c) {
    c.offload("a", [go, began] {
      began->set_value();
      go->get_future().wait();
    });
  };
  w.stopped = [&] { stopped = true; };
  client<worker> c{{.url = server.url(), .deadlines = {.close = 30ms}}, w};
  std::thread helper([&] {
    began->get_future().wait();
    c.stop();
  });
  EXPECT_FALSE(c.run());
  helper.join();
  EXPECT_TRUE(stopped);
  go->set_value();
}

TEST(offload, any_thread_may_hand_over_work) {
  acceptor_host server;
  client<worker> c{{.url = server.url()}};
  std::promise<void> told;
  EXPECT_TRUE(c.offload(
      "a", [] {}, [&](context&, error_code) { told.set_value(); }));
  std::thread strand([&] { (void)c.run(); });
  EXPECT_EQ(told.get_future().wait_for(10s), std::future_status::ready);
  c.stop();
  strand.join();
}

TEST(offload, its_bounds_are_checked) {
  for (const auto& o : {offload_options{.threads = 0}, offload_options{.queued = 0},
                        offload_options{.threads = 65}}) {
    client<worker> c{{.url = "ws://127.0.0.1:9", .offload = o}};
    EXPECT_EQ(c.run(), errc::invalid_option);
    EXPECT_TRUE(c.last_detail().starts_with("offload."));
  }
}

}  // namespace offload_test
}  // namespace hawser::test
