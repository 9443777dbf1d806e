// Messages that wait for a link of a client that never gets one: each has its end.
#include <hawser/behaviors/reconnect.hpp>
#include <hawser/testkit.hpp>

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <functional>
#include <memory>
#include <stdexcept>
#include <string>
#include <vector>

namespace offline_end_test {

using namespace hawser;
using namespace std::chrono_literals;
using ::testing::ElementsAre;

struct sender : adapter<sender, on::connecting, on::authenticate, on::error, on::settled> {
  std::vector<std::string>* told = nullptr;
  std::function<admission(context&)> admit = [](context&) { return admission::go(); };
  std::function<grant()> authenticate = [] { return grant::ready(); };
  std::function<reaction()> react = [] { return reaction::pass(); };
  bool bad = false;

  result<void, error_info> validate() const {
    if (!bad) return {};
    return invalid_option("the adapter is not set up");
  }
  admission on_connecting(context& c, handshake&) { return admit(c); }
  grant on_authenticate(context&, auth_request&) { return authenticate(); }
  reaction on_error(context&, const failure&) { return react(); }
  void on_settled(context&, const settled_info& s) {
    told->push_back(std::string(to_string(s.delivery)) + " " + s.error.message());
  }
};

struct kit : testkit::harness<sender> {
  std::vector<std::string>& told;

  kit(std::vector<std::string>& into, options o) : harness(with(std::move(o))), told(into) {
    adapter().told = &told;
  }
  static options with(options o) {
    o.offline.messages = 10;
    return o;
  }
};

// Two messages wait when the client is started, and a third is too late.
void expect_ends(const std::string& way, const std::function<void(kit&)>& set_up,
                 options o = {.url = "ws://peer.test/"}) {
  std::vector<std::string> told;
  kit h(told, std::move(o));
  EXPECT_TRUE(h.send("a")) << way;
  EXPECT_TRUE(h.send("b")) << way;
  set_up(h);
  EXPECT_FALSE(h.connect()) << way;
  h.advance(1min);
  EXPECT_TRUE(h.end()) << way;
  EXPECT_THAT(told, ElementsAre("never_sent stopped", "never_sent stopped")) << way;
  EXPECT_EQ(h.send("c").error(), errc::stopped) << way;
  EXPECT_EQ(h.client().diagnostics(0s).offline.messages, 0u) << way;
  EXPECT_EQ(h.client().snapshot().refused, 2u) << way;
  EXPECT_EQ(h.client().snapshot().at, phase::stopped) << way;
  EXPECT_EQ(told.size(), 2u) << way;
}

TEST(offline_end, of_refused_options) {
  const auto none = [](kit&) {};
  expect_ends("no URL", none, {.url = "nonsense"});
  expect_ends("a bad option", none, {.url = "ws://peer.test/", .slow_hook = -1s});
  options tls{.url = "wss://peer.test/"};
  tls.tls.ca_file = "no-such-file.pem";
  expect_ends("no such CA", none, tls);
  expect_ends("a plug-in", [](kit& h) { h.adapter().bad = true; });
}

TEST(offline_end, of_a_client_that_gives_up) {
  expect_ends("on_connecting refuses", [](kit& h) {
    h.adapter().admit = [](context&) { return admission::refuse(errc::unauthorized); };
  });
  expect_ends("on_connecting throws", [](kit& h) {
    h.adapter().admit = [](context&) -> admission { throw std::runtime_error("x"); };
  });
  expect_ends("on_authenticate refuses", [](kit& h) {
    h.adapter().authenticate = [] { return grant::refuse(errc::unauthorized); };
  });
  expect_ends("on_authenticate throws", [](kit& h) {
    h.adapter().authenticate = []() -> grant { throw std::runtime_error("x"); };
  });
  expect_ends("on_error throws", [](kit& h) {
    h.fail_next(phase::resolving, errc::resolve_timeout);
    h.adapter().react = []() -> reaction { throw std::runtime_error("x"); };
  });
  for (const phase at : {phase::authenticating, phase::resolving, phase::connecting}) {
    expect_ends(std::string(to_string(at)), [&](kit& h) { h.fail_next(at, errc::unavailable); });
  }
  expect_ends("a refusal", [](kit& h) { h.refuse(401); });
  expect_ends("silence", [](kit& h) { h.stall_next(phase::upgrading); });
}

TEST(offline_end, of_a_client_that_is_stopped_or_closed) {
  expect_ends("stop() before the start", [](kit& h) { h.client().stop(); });
  expect_ends("stop() in a hook", [](kit& h) {
    h.adapter().admit = [](context& c) {
      c.stop();
      return admission::go();
    };
  });
  expect_ends("close() before the start",
              [](kit& h) { EXPECT_TRUE(h.run([](sender&, context& c) { c.close(); })); });
  expect_ends("close() in a hook", [](kit& h) {
    h.adapter().admit = [](context& c) {
      c.close();
      return admission::go();
    };
  });
}

TEST(offline_end, of_a_client_that_is_destroyed) {
  for (const bool started : {false, true}) {
    std::vector<std::string> told;
    {
      kit h(told, {.url = "ws://peer.test/"});
      EXPECT_TRUE(h.send("a"));
      h.stall_next(phase::connecting);
      if (started) h.connect();
    }
    EXPECT_THAT(told, ElementsAre("never_sent stopped")) << started;
  }
}

}  // namespace offline_end_test
