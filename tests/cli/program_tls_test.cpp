// The program over TLS and over a unix-domain socket.
#include "support/certificates.hpp"
#include "support/program_fixture.hpp"

#include <fstream>

namespace hawser::test {
namespace program_tls_test {

using ::testing::HasSubstr;
using ::testing::StartsWith;

class hawser_tls : public program_fixture {
 protected:
  std::string file(const std::string& name, const std::string& content) {
    std::ofstream(folder / name) << content;
    return folder / name;
  }
  /// An edge that sends one receipt and waits for its acknowledgment.
  finished send(const std::string& url, std::vector<std::string> more,
                const std::string& timeout = "20s") {
    std::vector<std::string> words{
        "edge", "--url",           url,     "--device",  "gw-7",      "--store", store, "--events",
        "-",    "--drain-timeout", timeout, "--backoff", "10ms..50ms"};
    words.insert(words.end(), more.begin(), more.end());
    return run(std::move(words), set_line());
  }

  identity authority = make_authority();
  identity cloud = make_identity({}, &authority);
  identity device = make_identity({.alternative_names = {"DNS:gw-7"}}, &authority);
  std::string ca = file("ca.pem", authority.certificate_pem());
  std::vector<std::string> serving{"--tls-cert", file("cloud.pem", cloud.chain_pem()), "--tls-key",
                                   file("cloud.key", cloud.key_pem())};
};

TEST_F(hawser_tls, receipts_reach_the_ledger) {
  ready_cloud node(ledger, serving);
  ASSERT_THAT(node.url(), StartsWith("wss://127.0.0.1:"));
  const finished f = send(node.url(), {"--ca", ca, "--pin", cloud.pin()});
  EXPECT_EQ(f.code, 0) << f.errors;
  EXPECT_EQ(run({"ledger", "verify", ledger}).code, 0);
}

TEST_F(hawser_tls, a_cloud_that_is_not_trusted_gets_nothing_and_is_named) {
  ready_cloud node(ledger, serving);
  const finished f = send(node.url(), {}, "500ms");
  EXPECT_EQ(f.code, 3);
  EXPECT_THAT(f.errors, HasSubstr("certificate of an unknown authority"));
}

TEST_F(hawser_tls, a_client_certificate_is_demanded) {
  serving.insert(serving.end(), {"--client-ca", ca});
  ready_cloud node(ledger, serving);
  const finished without = send(node.url(), {"--ca", ca}, "500ms");
  EXPECT_EQ(without.code, 3);
  EXPECT_THAT(without.errors, HasSubstr("client certificate required"));
  const finished with =
      send(node.url(), {"--ca", ca, "--cert", file("gw-7.pem", device.chain_pem()), "--key",
                        file("gw-7.key", device.key_pem())});
  EXPECT_EQ(with.code, 0) << with.errors;
}

TEST_F(hawser_tls, a_certificate_names_its_device_and_a_token_may_instead) {
  serving.insert(serving.end(), {"--client-ca", ca});
  const identity other = make_identity({.alternative_names = {"DNS:gw-8"}}, &authority);
  const std::vector<std::string> as_other{"--ca",   ca,
                                          "--cert", file("gw-8.pem", other.chain_pem()),
                                          "--key",  file("gw-8.key", other.key_pem())};
  {
    ready_cloud node(ledger, serving);
    const finished f = send(node.url(), as_other, "500ms");
    EXPECT_EQ(f.code, 3);
    EXPECT_THAT(f.errors, HasSubstr("the certificate is another device's"));
  }
  const std::string tokens = file("tokens", "gw-7 secret\n");
  serving.insert(serving.end(), {"--token-file", tokens});
  ready_cloud node(ledger, serving);
  auto with_token = as_other;
  with_token.insert(with_token.end(), {"--token-file", tokens});
  EXPECT_EQ(send(node.url(), with_token).code, 0);
}

TEST_F(hawser_tls, unusable_files_are_named_at_once) {
  const finished edge = send("wss://127.0.0.1:1", {"--ca", folder / "missing.pem"});
  EXPECT_EQ(edge.code, 2);
  EXPECT_THAT(edge.errors, HasSubstr("--ca: " + (folder / "missing.pem")));
  const finished cloud_run = run({"cloud", "--ledger", "sqlite:" + ledger, "--tls-cert",
                                  folder / "missing.pem", "--tls-key", folder / "missing.key"});
  EXPECT_EQ(cloud_run.code, 2);
  EXPECT_THAT(cloud_run.errors, HasSubstr("--tls-cert: " + (folder / "missing.pem")));
}

TEST_F(hawser_tls, a_certificate_without_its_key_is_a_usage_error) {
  EXPECT_EQ(send("wss://127.0.0.1:1", {"--cert", ca}).code, 2);
  EXPECT_EQ(run({"cloud", "--ledger", "sqlite:" + ledger, "--tls-cert", ca}).code, 2);
  EXPECT_EQ(run({"cloud", "--ledger", "sqlite:" + ledger, "--client-ca", ca}).code, 2);
}

TEST_F(hawser_tls, over_a_unix_domain_socket) {
  const std::string path = folder / "cloud.sock";
  ready_cloud node(ledger, {"--listen", "unix:" + path});
  EXPECT_EQ(node.url(), "unix:" + path);
  const finished f = send("ws://localhost", {"--unix-socket", path});
  EXPECT_EQ(f.code, 0) << f.errors;
}

}  // namespace program_tls_test
}  // namespace hawser::test
