// The clients of two libraries at our acceptor, directly, over its own TLS and behind proxies.
#include "peers/fixture.hpp"

namespace hawser::test {
namespace acceptor_test {

using namespace std::chrono_literals;

using acceptors = AcceptorTest;

const std::vector<speaker> both = {speaker::python, speaker::node};
const auto all_ways =
    routes(both, {between::nothing, between::our_tls, between::nginx, between::haproxy});

TEST_P(acceptors, echoes_every_length) {
  const auto peer = start("/echo", {"echo"});
  for (const std::size_t size : sizes) {
    for (const std::string kind : {"binary ", "text "}) {
      ASSERT_TRUE(peer->says("echoed " + kind + std::to_string(size))) << peer->all();
    }
  }
  ASSERT_TRUE(peer->says("closed 1000")) << peer->all();
  ASSERT_TRUE(log_->wait_for("dropped 1000 : the peer closed the link")) << log_->all();
  // They offer permessage-deflate (RFC 7692), we do not take it.
  EXPECT_EQ(log_->count("permessage-deflate"), 1u) << log_->all();
  ASSERT_TRUE(peer->says("open 0 extensions v2")) << peer->all();
  EXPECT_EQ(log_->count("open v2"), 1u) << log_->all();
}

TEST_P(acceptors, answers_pings_between_fragments) {
  const auto peer = start("/echo", {"fragments"});
  ASSERT_TRUE(peer->says("closed 1000")) << peer->all();
  ASSERT_TRUE(peer->says("echoed binary")) << peer->all();
  ASSERT_TRUE(peer->says("echoed text")) << peer->all();
  ASSERT_TRUE(peer->says("ponged", 12)) << peer->all();
}

std::vector<std::string> with_codes(std::vector<std::string> task) {
  for (const int code : wire_codes) task.push_back(std::to_string(code));
  return task;
}

TEST_P(acceptors, is_closed_with_every_code) {
  const auto peer = start("/echo", with_codes({"close"}));
  for (const int code : wire_codes) {
    ASSERT_TRUE(peer->says("closed " + std::to_string(code))) << peer->all();
    ASSERT_TRUE(log_->wait_for("dropped " + std::to_string(code) + " because: ")) << log_->all();
  }
}

TEST_P(acceptors, closes_with_every_code) {
  const auto peer = start("/close", with_codes({"wait"}));
  for (const int code : wire_codes) {
    ASSERT_TRUE(peer->says("closed " + std::to_string(code) + " as asked")) << peer->all();
    ASSERT_TRUE(log_->wait_for("dropped " + std::to_string(code) + " ")) << log_->all();
  }
}

TEST_P(acceptors, refuses) {
  for (const std::string status : {"401", "503"}) {
    const auto peer = start("/refuse/" + status, {"wait"});
    ASSERT_TRUE(peer->says("refused " + status)) << peer->all();
  }
  EXPECT_EQ(log_->count("open"), 0u) << log_->all();
}

TEST_P(acceptors, has_its_pings_answered) {
  accept(heartbeat({.idle = 20ms, .pong = 10s}));
  const auto peer = start("/echo", {"wait"});
  ASSERT_TRUE(log_->wait_for("pong", 3)) << log_->all();
  if (GetParam().peer == speaker::node) {
    ASSERT_TRUE(peer->says("pinged", 3)) << peer->all();
  }
}

TEST_P(acceptors, sees_clients_die_under_load) {
  for (std::size_t life = 1; life <= 3; ++life) {
    const auto peer = start("/echo", {"stream"});
    ASSERT_TRUE(peer->says("echoed 500")) << peer->all();
    peer->kill();
    ASSERT_TRUE(log_->wait_for("dropped 1006 ", life)) << log_->all();
  }
}

INSTANTIATE_TEST_SUITE_P(peers, acceptors, all_ways, test_name<route>);

using acceptor_body = AcceptorTest;

TEST_P(acceptor_body, is_refused_and_not_read_as_frames) {
  const auto peer = start("/echo", {"body"});
  ASSERT_TRUE(peer->says("Content-Length 400")) << peer->all();
  ASSERT_TRUE(peer->says("Transfer-Encoding 400")) << peer->all();
  EXPECT_EQ(log_->count("open"), 0u) << log_->all();
}

INSTANTIATE_TEST_SUITE_P(peers, acceptor_body,
                         routes({speaker::python}, {between::nothing, between::our_tls,
                                                    between::nginx, between::haproxy}),
                         test_name<route>);

// Behind a proxy that ends what is silent for a second.
using acceptor_idle = AcceptorTest;

TEST_P(acceptor_idle, sees_the_end) {
  accept({}, 1);
  const auto peer = start("/echo", {"wait"});
  ASSERT_TRUE(peer->says("closed 1006")) << peer->all();
  // HAProxy resets what it gives up.
  const bool resets = GetParam().via == between::haproxy;
  ASSERT_TRUE(log_->wait_for(
      std::string("dropped 1006 : ") +
      (resets ? "Connection reset by peer" : "the connection ended without a Close")))
      << log_->all();
}

TEST_P(acceptor_idle, keeps_the_link_by_its_heartbeat) {
  accept(heartbeat({.idle = 250ms, .pong = 10s}), 1);
  const auto peer = start("/echo", {"wait"});
  ASSERT_TRUE(log_->wait_for("pong", 10)) << log_->all();  // At least 2.5 s.
  EXPECT_EQ(log_->count("dropped"), 0u) << log_->all();
}

INSTANTIATE_TEST_SUITE_P(peers, acceptor_idle, routes(both, {between::nginx, between::haproxy}),
                         test_name<route>);

}  // namespace acceptor_test
}  // namespace hawser::test
