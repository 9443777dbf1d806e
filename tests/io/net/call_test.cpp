// Calls from threads and from the strand, over links that end.
#include <hawser/caller.hpp>
#include <hawser/hawser.hpp>

#include "support/acceptor_host.hpp"

#include <gtest/gtest.h>

#include <atomic>
#include <charconv>
#include <future>
#include <string>
#include <thread>
#include <vector>

namespace hawser::test {
namespace call_test {

using namespace std::chrono_literals;

struct answer_text {
  std::string text;
};

// "<id> <text>" there, the same back.
struct asker : adapter<asker, on::message>, caller<asker, std::string, answer_text> {
  std::function<void(context&, asker&)> heard = {};

  result<send_id> on_call(context& c, call_id id, const std::string& text) {
    return c.send(std::to_string(id) + " " + text);
  }
  verdict on_message(context& c, const inbound& m) {
    call_id id = 0;
    const auto text = m.text();
    const auto r = std::from_chars(text.data(), text.data() + text.size(), id);
    reply(c, id, answer_text{std::string(r.ptr + 1, text.data() + text.size())});
    if (heard) heard(c, *this);
    return handled;
  }
};

using asking_client = client<asker, reconnect>;

// Answers but what begins with "mute"; ends the link at "<id> drop".
struct moody : adapter<moody, on::message> {
  verdict on_message(context& c, const inbound& m) {
    const auto word = m.text().substr(m.text().find(' ') + 1);
    if (word == "drop") {
      c.close(close_code::going_away);
    } else if (!word.starts_with("mute")) {
      (void)c.send(m.text());
    }
    return handled;
  }
};

std::unique_ptr<acceptor_host> moody_server() {
  return std::make_unique<acceptor_host>(
      [](io::peer_handle) { return std::make_unique<chain<moody>>(moody{}); });
}

// A client that runs on a thread of its own until the test ends.
struct running {
  explicit running(const std::string& url, asker a = {}, limits l = {})
      : c({.url = url, .limits = l}, std::move(a),
          reconnect{{.base = 1ms, .cap = 10ms, .seed = 1}}),
        thread([this] { ended = c.run(); }) {}
  ~running() { stop(); }
  void stop() {
    if (!thread.joinable()) return;
    c.stop();
    thread.join();
  }
  error_code ended;
  asking_client c;
  std::thread thread;
};

TEST(call, many_threads_get_their_own_answers) {
  const auto server = moody_server();
  running r(server->url());
  std::vector<std::thread> threads;
  std::atomic<int> right = 0;
  for (int t = 0; t < 4; ++t) {
    threads.emplace_back([&, t] {
      for (int i = 0; i < 200; ++i) {
        const std::string text = std::to_string(t) + "/" + std::to_string(i);
        const auto got = r.c.call(text).get(10s);
        if (got.value && got.value->text == text && got.delivery == delivery::acked) ++right;
      }
    });
  }
  for (auto& t : threads) t.join();
  EXPECT_EQ(right, 800);
}

TEST(call, is_made_before_the_client_runs) {
  const auto server = moody_server();
  asking_client c{{.url = server->url()}};
  auto p = c.call("early");
  std::thread thread([&] { (void)c.run(); });
  EXPECT_EQ(p.get(10s).value->text, "early");
  c.stop();
  thread.join();
}

TEST(call, a_continuation_runs_on_the_strand_and_may_block_nobody) {
  const auto server = moody_server();
  std::promise<std::thread::id> strand;
  std::promise<error_code> refused;
  running r(server->url());
  ASSERT_TRUE(r.c.call("a").then([&](context& c, call_result<answer_text> a) {
    EXPECT_EQ(a.value->text, "a");
    EXPECT_TRUE(c.link().open);
    strand.set_value(std::this_thread::get_id());
    auto second = r.c.call("b");
    refused.set_value(second.get(10s).value.error());
  }));
  auto future = refused.get_future();
  ASSERT_EQ(future.wait_for(10s), std::future_status::ready);
  EXPECT_EQ(future.get(), errc::would_block);
  EXPECT_EQ(strand.get_future().get(), r.thread.get_id());
}

TEST(call, only_idempotent_calls_survive_a_link) {
  const auto server = moody_server();
  running r(server->url());
  ASSERT_TRUE(r.c.call("up").get(10s).value);
  auto once = r.c.call("mute");
  auto again = r.c.call("mute", {.deadline = 50ms, .idempotent = true});
  auto drop = r.c.call("drop");
  EXPECT_EQ(once.get(10s).value.error(), errc::call_lost);
  EXPECT_EQ(drop.get(10s).value.error(), errc::call_lost);
  const auto late = again.get(10s);
  EXPECT_EQ(late.value.error(), errc::call_timeout);
  EXPECT_EQ(r.c.call("on the next link").get(10s).value->text, "on the next link");
}

TEST(call, a_dropped_call_leaves_the_stream_as_it_is) {
  const auto server = moody_server();
  running r(server->url());
  for (int i = 0; i < 50; ++i) {
    (void)r.c.call("dropped " + std::to_string(i));
    ASSERT_EQ(r.c.call("kept").get(10s).value->text, "kept");
  }
  EXPECT_EQ(r.c.snapshot().links, 1u);
}

TEST(call, too_many_are_refused_and_the_limit_is_the_clients) {
  const auto server = moody_server();
  running r(server->url(), {}, {.calls = 2});
  auto a = r.c.call("mute");
  auto b = r.c.call("mute");
  EXPECT_EQ(r.c.call("a").get(10s).value.error(), errc::too_many_calls);
  a.cancel();
  EXPECT_TRUE(r.c.call("a").get(10s).value);
}

TEST(call, the_end_of_the_client_ends_all) {
  const auto server = moody_server();
  running r(server->url());
  ASSERT_TRUE(r.c.call("up").get(10s).value);
  auto waits = r.c.call("mute");
  std::atomic<bool> told = false;
  ASSERT_TRUE(r.c.call("mute").then([&](context&, call_result<answer_text> a) {
    told = a.value.error() == errc::stopped || a.value.error() == errc::call_lost;
  }));
  std::thread blocked([&] {
    const auto got = waits.get(10s);
    EXPECT_TRUE(got.value.error() == errc::stopped || got.value.error() == errc::call_lost);
  });
  r.stop();
  blocked.join();
  EXPECT_TRUE(told);
  EXPECT_EQ(r.c.call("after").get(0s).value.error(), errc::stopped);
}

TEST(call, a_client_that_never_ran_ends_its_calls_when_it_goes) {
  pending<answer_text> p;
  {
    asking_client c{{.url = "ws://127.0.0.1:9"}};
    p = c.call("a");
  }
  EXPECT_EQ(p.get(10s).value.error(), errc::stopped);
}

// Neither the stop nor the drop of a handle may race with the strand: for ThreadSanitizer.
TEST(call, handles_are_dropped_while_the_client_ends) {
  const auto server = moody_server();
  for (int round = 0; round < 10; ++round) {
    std::vector<std::thread> threads;
    running r(server->url());
    for (int t = 0; t < 3; ++t) {
      threads.emplace_back([&] {
        for (int i = 0; i < 50; ++i) {
          auto p = r.c.call("x", {.idempotent = i % 2 == 0});
          if (i % 3 == 0) (void)std::move(p).then([](context&, call_result<answer_text>) {});
        }
      });
    }
    r.c.stop();
    for (auto& t : threads) t.join();
  }
}

}  // namespace call_test
}  // namespace hawser::test
