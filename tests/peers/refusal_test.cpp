// Answers that are no upgrade: what the failure says of them.
#include "peers/fixture.hpp"

namespace hawser::test {
namespace refusal_test {

// Keeps what the failure of its one attempt said.
struct refused : adapter<refused, on::error> {
  int status = 0;
  phase at = phase::idle;
  std::vector<header> headers = {};
  std::string body = {};
  reaction on_error(context&, const failure& f) {
    status = f.status;
    at = f.at;
    body = f.body;
    if (f.headers) headers = *f.headers;
    return reaction::pass();
  }
};

struct expected {
  int status;
  errc error;
};
constexpr expected statuses[] = {
    {401, errc::unauthorized}, {404, errc::upgrade_refused}, {503, errc::unavailable}};

using client_refused = ClientTest;

TEST_P(client_refused, by_the_server) {
  for (const auto& [status, error] : statuses) {
    client<refused, time_limit> c{to("/refuse/" + std::to_string(status))};
    EXPECT_EQ(run(c), error) << c.last_detail();
    const refused& said = c.get<refused>();
    EXPECT_EQ(said.status, status);
    EXPECT_EQ(said.at, phase::upgrading);
    EXPECT_EQ(find(said.headers, "X-Why"), "so");
    EXPECT_EQ(said.body, std::string(limits{}.body_bytes, 'b')) << "capped";
  }
}

INSTANTIATE_TEST_SUITE_P(peers, client_refused,
                         routes({speaker::python, speaker::node},
                                {between::nothing, between::nginx, between::haproxy}),
                         test_name<route>);

// A proxy with nobody behind it.
class proxy_refuses : public PeersTest, public ::testing::WithParamInterface<between> {
 protected:
  void SetUp() override { HAWSER_NEED_PEER(GetParam()); }
  kept_port nobody_;
};

TEST_P(proxy_refuses, by_itself) {
  front proxy(fronting(GetParam(), nobody_.number()));
  for (const auto& [status, error] : statuses) {
    client<refused, time_limit> c{calling(proxy.url(), "/front/" + std::to_string(status))};
    EXPECT_EQ(run(c), error) << c.last_detail();
    const refused& said = c.get<refused>();
    EXPECT_EQ(said.status, status);
    EXPECT_EQ(find(said.headers, "X-Why"), "front");
    EXPECT_EQ(said.body, "front");
  }
}

TEST_P(proxy_refuses, when_nobody_is_behind_it) {
  front proxy(fronting(GetParam(), nobody_.number()));
  client<refused, time_limit> c{calling(proxy.url())};
  EXPECT_EQ(run(c), errc::unavailable) << c.last_detail();
  EXPECT_EQ(c.get<refused>().status, GetParam() == between::nginx ? 502 : 503);
}

TEST_P(proxy_refuses, to_be_trusted_by_the_systems_authorities) {
  front proxy(fronting(GetParam(), nobody_.number()));
  options o = calling(proxy.url());
  o.tls = {};
  client<refused, time_limit> c{o};
  EXPECT_EQ(run(c), tls_errc::untrusted) << c.last_detail();
  EXPECT_EQ(c.get<refused>().at, phase::securing);
}

INSTANTIATE_TEST_SUITE_P(peers, proxy_refuses, ::testing::Values(between::nginx, between::haproxy),
                         test_name<between>);

}  // namespace refusal_test
}  // namespace hawser::test
