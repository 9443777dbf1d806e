// What the acceptor does over TLS with clients that it does not let in.
#include "support/line_log.hpp"
#include "support/sockets.hpp"
#include "tls/tls_fixture.hpp"

#include <gmock/gmock.h>

#include <array>
#include <sys/time.h>

namespace hawser::test {
namespace acceptor_test {

using ::testing::HasSubstr;

class tls_acceptor : public TlsTest {
 protected:
  /// What comes until the end of the stream.
  static std::string read_all(int fd) {
    const timeval limit{std::chrono::duration_cast<std::chrono::seconds>(patience).count(), 0};
    ::setsockopt(fd, SOL_SOCKET, SO_RCVTIMEO, &limit, sizeof limit);
    std::string out;
    std::array<char, 256> piece;
    for (;;) {
      const auto n = ::recv(fd, piece.data(), piece.size(), 0);
      if (n <= 0) return n == 0 ? out : out + "<no end>";
      out.append(piece.data(), static_cast<std::size_t>(n));
    }
  }
};

TEST_F(tls_acceptor, at_the_bound_nothing_is_said) {
  io::acceptor_options o = serving(server_);
  o.pending = 1;
  acceptor_host host(o);
  const int silent = connect_to(host.port());
  const outcome called = call(host.url(), trusting());
  EXPECT_FALSE(called.error) << called.detail;
  EXPECT_TRUE(called.said.answered);
  EXPECT_EQ(read_all(silent), "");
  ::close(silent);
}

TEST_F(tls_acceptor, a_client_without_its_certificate_is_a_warning_with_its_address) {
  const auto log = std::make_shared<line_log>(log_level::warn);
  io::acceptor_options o = serving(server_);
  o.tls.client_ca_file = file("ca.pem", authority_.certificate_pem());
  o.log = log;
  acceptor_host host(o);
  EXPECT_TRUE(call(host.url(), trusting()).error);
  EXPECT_TRUE(log->wait_for("TLS: client certificate required"));
  EXPECT_THAT(log->all(), HasSubstr("peer 1 (127.0.0.1:"));
  const identity other = make_authority("stranger");
  const identity stranger = make_identity({}, &other);
  tls_options with = trusting();
  with.certificate_file = file("stranger.pem", stranger.chain_pem());
  with.key_file = file("stranger.key", stranger.key_pem());
  EXPECT_TRUE(call(host.url(), with).error);
  EXPECT_TRUE(log->wait_for("peer 2 (127.0.0.1:"));
}

// The alert is the client's judgment of ours.
TEST_F(tls_acceptor, a_client_that_refuses_our_certificate_says_so) {
  const auto log = std::make_shared<line_log>(log_level::info);
  io::acceptor_options o = serving(server_);
  o.log = log;
  acceptor_host host(o);
  EXPECT_TRUE(call(host.url(), trusting_another()).error);
  EXPECT_TRUE(log->wait_for(") TLS: the client refuses our certificate: ")) << log->all();
  EXPECT_EQ(log->count("client certificate required"), 0U) << log->all();
}

TEST_F(tls_acceptor, a_client_that_refuses_our_certificate_is_none_that_was_refused) {
  const auto log = std::make_shared<line_log>(log_level::warn);
  io::acceptor_options o = serving(server_);
  o.tls.client_ca_file = file("ca.pem", authority_.certificate_pem());
  o.log = log;
  acceptor_host host(o);
  EXPECT_TRUE(call(host.url(), trusting_another()).error);
  EXPECT_TRUE(call(host.url(), trusting()).error);
  EXPECT_TRUE(log->wait_for("peer 2 (127.0.0.1:")) << log->all();
  EXPECT_EQ(log->count("peer 1 "), 0U) << log->all();
}

TEST_F(tls_acceptor, a_zone_is_no_part_of_the_name) {
  io::acceptor_options o = serving(make_identity({.alternative_names = {"IP:::1"}}, &authority_));
  o.host = "::1";
  std::optional<acceptor_host> host;
  try {
    host.emplace(o);
  } catch (const std::runtime_error&) {
    GTEST_SKIP() << "no IPv6 here";
  }
  for (const char* zone : {"", "%25lo", "%lo"}) {
    const std::string url = "wss://[::1" + std::string(zone) + "]:" + std::to_string(host->port());
    const outcome called = call(url, trusting());
    EXPECT_FALSE(called.error) << url << ": " << called.detail;
  }
}

}  // namespace acceptor_test
}  // namespace hawser::test
