// What the program refuses before it begins, and its exit codes.
#include "support/program_fixture.hpp"

namespace hawser {
namespace program_usage_test {

using test::nobody;
using test::program;
using test::set_line;
using ::testing::ElementsAre;
using ::testing::HasSubstr;
using ::testing::Not;

class hawser_usage : public test::program_fixture {
 protected:
  void refused(std::vector<std::string> words, const std::string& part) {
    const auto r = run(std::move(words));
    EXPECT_EQ(r.code, 2) << part;
    EXPECT_THAT(r.errors, HasSubstr(part));
    EXPECT_THAT(r.lines, ElementsAre());
  }
  // The words of an edge but for one.
  std::vector<std::string> with(std::size_t at, const std::string& word) {
    auto words = edge_words(nobody);
    words[at] = word;
    return words;
  }
};

// Standard error may be a log.
TEST_F(hawser_usage, no_complaint_quotes_what_may_be_a_secret) {
  const std::string secret = "S3CR3T";
  const auto quiet = [&](std::vector<std::string> words, const std::string& part) {
    const auto r = run(std::move(words));
    EXPECT_EQ(r.code, 2) << part;
    EXPECT_THAT(r.errors, HasSubstr(part));
    EXPECT_THAT(r.errors, Not(HasSubstr(secret)));
  };
  quiet({"connect", nobody, "--heder", "Authorization: Bearer " + secret},
        "not expected here: --heder;");
  quiet({"connect", nobody, "--tokn=" + secret}, "not expected here: --tokn;");
  quiet({"connect", nobody, "-t" + secret}, "not expected here: -t;");
  quiet({"connect", nobody, "--header", "Authorization:", "Bearer", secret},
        "no option takes: 2; a value with spaces wants quotes");
  quiet({"connect", nobody, "--header", "Authorization Bearer " + secret}, "--header");
  quiet({"connect", nobody, "--header", "Authorization: Bearer\x01" + secret}, "control character");
  quiet({"connect", nobody, "--header", "Bad Name token " + secret + ": x"}, "not a header name");
  quiet({"connect", nobody, "--header", "Sec-WebSocket-Key: " + secret}, "Sec-WebSocket-Key");
  quiet({"connect", nobody, "--subprotocol", "bearer " + secret}, "--subprotocol: ");
  quiet({"connect", "http://me:" + secret + "@h/"}, "url");
  quiet({"connect", "ws://me:" + secret + "@h/"}, "url");
  quiet({"connect", "ws://h/?token=" + secret + "#x"}, "url");
  auto words = edge_words("ws://me:" + secret + "@h/");
  quiet(words, "url");
  quiet(
      {"cloud", "--ledger", "sqlite:" + ledger, "--allow-origin", "https://me:" + secret + "@h/x"},
      "--allow-origin");
}

TEST_F(hawser_usage, wrong_arguments_are_named_and_end_with_2) {
  refused({}, "subcommand");
  refused({"fly"}, "subcommand");
  refused({"--log", "loud", "demo"}, "loud");
  refused({"demo", "--devices", "0"}, "--devices");
  refused({"demo", "--devices", "many"}, "--devices");
  refused({"cloud"}, "--ledger");
  refused({"cloud", "--ledger", "postgres:x"}, "sqlite:FILE");
  refused({"cloud", "--ledger", "sqlite:" + ledger, "--listen", "nowhere"}, "--listen");
  refused({"cloud", "--ledger", "sqlite:" + ledger, "--listen", "not-an-ip:1"}, "not-an-ip");
  refused({"cloud", "--ledger", "sqlite:" + ledger, "--token-file", folder / "none"}, "none");
  refused({"cloud", "--ledger", "sqlite:" + ledger, "--tls-cert", "/dev/null"}, "--tls-key");
  refused({"ledger", "verify"}, "file");
  refused({"edge", "--url", nobody}, "--device");
  refused(with(4, "http://x"), "url");
  refused(with(12, "5 parsecs"), "--drain-timeout");
  refused(with(14, "0ms"), "reconnect");
  refused(with(10, folder / "none"), "none");
}

TEST_F(hawser_usage, help_is_no_error) {
  const auto r = run({"edge", "--help"});
  EXPECT_EQ(r.code, 0);
  EXPECT_EQ(r.errors, "");
}

TEST_F(hawser_usage, the_version_is_told_wherever_it_is_asked_for) {
  for (const std::vector<std::string>& words :
       {std::vector<std::string>{"--version"}, {"edge", "--version"}, {"ledger", "--version"}}) {
    const auto r = run(words);
    EXPECT_EQ(r.code, 0);
    EXPECT_EQ(r.errors, "");
    EXPECT_THAT(r.lines, ElementsAre(::testing::MatchesRegex(
                             "hawser [0-9.]+ \\(Boost [0-9.]+, OpenSSL 3[0-9a-z.]+, SQLite "
                             "3[0-9.]+\\)")));
  }
}

TEST_F(hawser_usage, global_options_may_stand_behind_the_subcommand) {
  auto words = edge_words(nobody);
  words.erase(words.begin(), words.begin() + 2);  // --log error
  const auto log = [&](const std::string& name) { return "--log-file=" + (folder / name); };
  words.insert(words.end(), {"--log", "info", log("edge"), "--trace", "on"});
  EXPECT_EQ(run(words, set_line()).code, 3);
  EXPECT_THAT(said("edge"), HasSubstr("connecting attempt=1"));
  EXPECT_EQ(run({"outbox", "verify", store, "--log", "debug"}).code, 0);
  EXPECT_EQ(run({"connect", nobody, "--log=off", log("connect"), "--trace", "on slow=5ms"}).code,
            1);
  EXPECT_EQ(run({"connect", "--trace", nobody, log("traced")}).code, 1);
  EXPECT_THAT(said("traced"), HasSubstr("routing table"));
  refused({"connect", nobody, "--log", "loud"}, "loud");
  refused({"connect", nobody, "--trace=on hoks=1"}, "hoks=1");
  refused({"connect", nobody, "--log", "warn", "demo"}, "demo");
}

TEST_F(hawser_usage, a_global_option_does_not_take_the_next_one_for_its_value) {
  const std::string wanted = "--trace: wants on, off or auto";
  refused({"cloud", "--trace", "--listen", "127.0.0.1:0", "--ledger", "sqlite:" + ledger}, wanted);
  refused({"--trace", "--log", "info", "cloud", "--ledger", "sqlite:" + ledger}, wanted);
  refused({"edge", "--trace", "--url", nobody}, wanted);
  refused({"edge", "--url", nobody, "--trace"}, wanted);
  refused({"edge", "--log", "--url", nobody}, "--log: wants a value");
  refused({"connect", nobody, "--log-file", "--trace"}, "--log-file: wants a value");
}

TEST_F(hawser_usage, a_device_name_that_no_cloud_takes_binds_no_store) {
  for (const std::string& name : {std::string(), std::string("a\nb"), std::string("\x7f"),
                                  std::string("\xff"), std::string(1025, 'x')}) {
    refused(with(6, name), "device");
    EXPECT_NE(::access(store.c_str(), F_OK), 0) << "no store was made";
  }
  EXPECT_EQ(run(with(6, "Gerät 7/Süd"), set_line()).code, 3);
}

TEST_F(hawser_usage, a_closed_standard_input_is_no_input) {
  const auto r = run(edge_words(nobody), {}, {.input_closed = true});
  EXPECT_EQ(r.code, 1);
  EXPECT_THAT(r.errors, HasSubstr("read failed"));
}

TEST_F(hawser_usage, nothing_takes_the_number_of_a_closed_standard_output) {
  const auto r = run(edge_words(nobody), set_line(), {.output_closed = true});
  EXPECT_EQ(r.code, 1);
  EXPECT_THAT(r.errors, HasSubstr("standard output failed"));
  const auto verify = run({"outbox", "verify", store});
  EXPECT_EQ(verify.code, 0) << "no answer went into the store";
  program sky({"cloud", "--ledger", "sqlite:" + ledger}, folder / "errors",
              {.input_closed = true, .output_closed = true});
  EXPECT_EQ(sky.wait_at_most(), 1);
}

}  // namespace program_usage_test
}  // namespace hawser
