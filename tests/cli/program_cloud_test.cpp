// What guards a cloud that is started from a shell, and where it listens.
#include "support/program_fixture.hpp"

#include <unistd.h>

namespace hawser::test {
namespace program_cloud_test {

using ::testing::AllOf;
using ::testing::ElementsAre;
using ::testing::HasSubstr;
using ::testing::Not;
using ::testing::StartsWith;

class hawser_cloud_program : public program_fixture {
 protected:
  void refused(std::vector<std::string> words, const std::string& part) {
    ::unlink((folder / "errors").c_str());
    const auto r = run(std::move(words));
    EXPECT_EQ(r.code, 2) << part;
    EXPECT_THAT(r.errors, HasSubstr(part));
    EXPECT_THAT(r.lines, ElementsAre());
  }
  std::vector<std::string> cloud_with(std::vector<std::string> more) {
    more.insert(more.begin(), {"cloud", "--ledger", "sqlite:" + ledger});
    return more;
  }
  finished send_to(const std::string& url, std::vector<std::string> more = {}) {
    auto words = edge_words(url);
    words[12] = "20s";
    words.insert(words.end(), more.begin(), more.end());
    return run(std::move(words), set_line());
  }
  std::string tokens() {
    std::ofstream(folder / "tokens") << "gw-7 secret\n";
    return folder / "tokens";
  }
};

// A shell variable that is not set leaves an empty word.
TEST_F(hawser_cloud_program, an_empty_value_is_refused_by_the_name_of_its_option) {
  for (const std::string option :
       {"--listen", "--token-file", "--client-ca", "--tls-cert", "--tls-key", "--allow-origin"}) {
    refused(cloud_with({option, ""}), option);
    refused(cloud_with({option + "="}), option + ": must not be empty");
  }
  refused({"cloud", "--ledger", ""}, "--ledger");
  for (const std::string option : {"--token-file", "--ca", "--cert", "--key", "--unix-socket",
                                   "--pin", "--drain-timeout", "--heartbeat", "--backoff"}) {
    auto words = edge_words(nobody);
    words.insert(words.end(), {option, ""});
    refused(words, option);
  }
  for (const std::size_t at : {4u, 6u, 8u, 10u}) {  // --url, --device, --store, --events
    auto words = edge_words(nobody);
    const std::string option = words[at - 1];
    words[at].clear();
    refused(words, option);
  }
  for (const std::string option : {"--ca", "--cert", "--key", "--unix-socket", "--pin", "--header",
                                   "--subprotocol", "--wait", "--stall", "--ping"}) {
    refused({"connect", nobody, option, ""}, option);
  }
  refused({"connect", "--ca=", nobody}, "--ca: must not be empty");  // Not that word.
  refused({"--log-file=", "connect", nobody}, "--log-file: must not be empty");
  refused({"connect", ""}, "url");
  refused({"ledger", "verify", ""}, "file");
  refused({"outbox", "dump", ""}, "file");
  refused({"--log-file", "", "connect", nobody}, "--log-file");
  refused({"--trace", "", "connect", nobody}, "--trace");
  refused({"--log", "", "connect", nobody}, "--log");
  EXPECT_NE(::access(ledger.c_str(), F_OK), 0) << "nothing was begun";
  EXPECT_NE(::access(store.c_str(), F_OK), 0);
}

TEST_F(hawser_cloud_program, beyond_loopback_something_must_guard_it) {
  for (const std::string at : {"0.0.0.0:0", "[::]:0", "192.0.2.1:0", "[2001:db8::1]:0"}) {
    refused(cloud_with({"--listen", at}), "--open");
  }
  EXPECT_NE(::access(ledger.c_str(), F_OK), 0) << "nothing was begun";
  EXPECT_THAT(ready_cloud(ledger, {"--listen", "127.0.0.2:0"}).url(),
              StartsWith("ws://127.0.0.2:"));
  ready_cloud open(ledger, {"--listen", "0.0.0.0:0", "--open"});
  EXPECT_THAT(open.url(), StartsWith("ws://0.0.0.0:"));
  EXPECT_EQ(send_to(open.url()).code, 0) << "it is dialed as it says";
}

TEST_F(hawser_cloud_program, with_tokens_it_listens_everywhere) {
  const auto file = tokens();
  ready_cloud node(ledger, {"--listen", "0.0.0.0:0", "--token-file", file});
  EXPECT_EQ(send_to(node.url(), {"--token-file", file}).code, 0);
}

TEST_F(hawser_cloud_program, an_ipv6_listener_is_dialed_as_it_says) {
  for (const std::string at : {"[::1]:0", "[::1%lo]:0", "[::1%25lo]:0", "[::]:0"}) {
    ready_cloud node(ledger, {"--listen", at, "--open"});
    if (node.url().empty()) GTEST_SKIP() << "no IPv6 here";
    EXPECT_THAT(node.url(), StartsWith(at == "[::]:0" ? "ws://[::]:" : "ws://[::1"));
    EXPECT_EQ(send_to(node.url()).code, 0) << node.url();
  }
}

TEST_F(hawser_cloud_program, a_path_is_dialed_as_it_says) {
  const std::string path = folder / "cloud.sock";
  ready_cloud node(ledger, {"--listen", "unix:" + path});
  EXPECT_EQ(node.url(), "unix:" + path);
  const finished f = send_to(node.url());
  EXPECT_EQ(f.code, 0) << f.errors;
}

TEST_F(hawser_cloud_program, a_path_that_cannot_be_used_is_named) {
  refused(cloud_with({"--listen", "unix:"}), "--listen: unix: needs a path");
  refused(cloud_with({"--listen", "unix:" + std::string(200, 'x')}),
          "--listen: unix: needs a path");
  refused(cloud_with({"--listen", "unix:" + (folder / "none/x")}),
          "--listen: " + (folder / "none/x") + ": No such file or directory");
  std::ofstream(folder / "file") << "precious";
  refused(cloud_with({"--listen", "unix:" + (folder / "file")}),
          "--listen: " + (folder / "file") + ": a file that is no socket is there");
  refused(cloud_with({"--listen", "[fe80::1%nosuch0]:0", "--open"}),
          "listen fe80::1%nosuch0: no network interface of this name");
  EXPECT_NE(::access(ledger.c_str(), F_OK), 0) << "nothing was begun";
}

TEST_F(hawser_cloud_program, a_page_comes_in_by_its_token_and_the_same_host_or_by_its_name) {
  const auto file = tokens();
  ready_cloud node(ledger, {"--token-file", file, "--allow-origin", "https://page.example"});
  const auto ask = [&](const std::string& origin, const std::string& token) {
    ::unlink((folder / "errors").c_str());
    const auto r = run({"connect", node.url(), "--subprotocol", "hawser.v1.cbor", "--wait", "0s",
                        "--header", "Origin: " + origin, "--header", "Authorization: " + token});
    if (r.code == 0) return std::string("in");
    for (const std::string status : {"401", "403"}) {
      if (r.errors.find("HTTP status " + status) != std::string::npos) return status;
    }
    return r.errors;
  };
  const std::string own = "http" + node.url().substr(2);
  EXPECT_EQ(ask("https://evil.example", "Bearer secret"), "403");
  EXPECT_EQ(ask("null", "Bearer secret"), "403");
  EXPECT_EQ(ask("https" + node.url().substr(2), "bearer   secret"), "in");
  EXPECT_EQ(ask(own, "BEARER secret"), "in");
  EXPECT_EQ(ask(own, "Bearer wrong"), "401");
  EXPECT_EQ(ask("https://page.example", "Bearer secret"), "in");
  EXPECT_EQ(ask("https://page.example", "Bearer wrong"), "401");
  refused(cloud_with({"--allow-origin", "page.example"}), "--allow-origin");
  refused(cloud_with({"--allow-origin", "null"}), "--allow-origin");
}

TEST_F(hawser_cloud_program, the_origin_of_a_page_is_told_without_its_secrets) {
  program sky(cloud_with({}), folder / "sky");
  const auto listening = sky.line();
  ASSERT_TRUE(listening);
  for (const std::string origin :
       {"https://me:S3CR3T@evil.example", "https://evil.example/?sig=S3CR3T"}) {
    (void)run({"connect", field(*listening, "listening"), "--header", "Origin: " + origin});
  }
  ASSERT_TRUE(comes_true([&] { return said("sky").find("/?sig=***") != std::string::npos; }));
  EXPECT_THAT(said("sky"), HasSubstr("not allowed: https://***@evil.example"));
  EXPECT_THAT(said("sky"), Not(HasSubstr("S3CR3T")));
}

}  // namespace program_cloud_test
}  // namespace hawser::test
