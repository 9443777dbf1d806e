// How `hawser connect` ends: by its reader, by a signal, by what the server says.
#include "support/connect_fixture.hpp"

#include <atomic>
#include <poll.h>

namespace hawser::test {
namespace program_connect_end_test {

using namespace std::chrono_literals;
using ::testing::ElementsAre;
using ::testing::EndsWith;
using ::testing::HasSubstr;
using ::testing::Not;
using ::testing::SizeIs;

// A text of the server that is longer than 125 bytes.
std::string long_frame(int number) {
  const std::string payload = std::to_string(number) + " " + std::string(2000, 'x');
  return std::string("\x81\x7e") + static_cast<char>(payload.size() >> 8) +
         static_cast<char>(payload.size() & 0xFF) + payload;
}

// Whether all of it was sent.
bool send_all(const raw_server::link& l, const std::string& bytes) {
  for (std::size_t done = 0; done < bytes.size();) {
    const ssize_t n = ::send(l.fd(), bytes.data() + done, bytes.size() - done, MSG_NOSIGNAL);
    if (n <= 0) return false;
    done += static_cast<std::size_t>(n);
  }
  return true;
}

// Whether the client says something, or leaves, within that time.
bool stirs(const raw_server::link& l, std::chrono::milliseconds limit) {
  pollfd p{l.fd(), POLLIN, 0};
  return ::poll(&p, 1, static_cast<int>(limit.count())) > 0;
}

TEST_F(hawser_connect, a_reader_that_never_reads_ends_it) {
  raw_server eager([](const raw_server::link& l) {
    l.accept_upgrade();
    for (int i = 0; send_all(l, long_frame(i)); ++i) {
    }
  });
  program p({"--log", "off", "connect", eager.url(), "--stall", "100ms"}, folder / "errors");
  EXPECT_EQ(p.wait_at_most(), 1);
  EXPECT_THAT(said(), HasSubstr("standard output failed: its reader does not read"));
}

// The server goes on when the reader does, and must not be told good-bye meanwhile.
TEST_F(hawser_connect, a_reader_that_pauses_is_no_silence) {
  constexpr int count = 10'000;  // More than sockets hold.
  std::atomic<int> sent = 0;
  raw_server polite([&](const raw_server::link& l) {
    l.accept_upgrade();
    while (sent < count && !stirs(l, 0ms) && send_all(l, long_frame(sent))) ++sent;
    answer_close(l);
  });
  program p({"--log", "off", "connect", polite.url(), "--wait", "50ms"}, folder / "errors");
  p.close_input();
  ASSERT_TRUE(comes_true([&] { return sent > 500; }));
  const auto begun = std::chrono::steady_clock::now();
  ASSERT_TRUE(comes_true([&] { return std::chrono::steady_clock::now() > begun + 300ms; }));
  EXPECT_LT(sent, count) << "it was not held up";
  EXPECT_THAT(p.rest(), SizeIs(count));
  EXPECT_EQ(p.wait_at_most(), 0) << said();
}

TEST_F(hawser_connect, a_second_of_silence_ends_it_by_default) {
  std::atomic<bool> early = false;
  raw_server slow([&](const raw_server::link& l) {
    l.accept_upgrade();
    early = stirs(l, 600ms);
    l.write(server_frame(1, "late"));
    early = early || stirs(l, 600ms);
    answer_close(l);
  });
  program p({"--log", "off", "connect", slow.url()}, folder / "errors");
  p.close_input();
  EXPECT_THAT(p.rest(), ElementsAre("late"));
  EXPECT_FALSE(early);
  EXPECT_EQ(p.wait_at_most(), 0) << said();
}

TEST_F(hawser_connect, a_reader_that_leaves_an_idle_link_ends_it) {
  acceptor_host host;
  program p({"--log", "off", "connect", host.url(), "--json"}, folder / "errors");
  ASSERT_TRUE(p.line());
  p.close_output();
  EXPECT_EQ(p.wait_at_most(), 1);
  EXPECT_THAT(said(), HasSubstr("standard output failed"));
}

TEST_F(hawser_connect, an_interrupt_leaves_the_server_time_to_answer_the_close) {
  std::atomic<bool> left = false;
  raw_server slow([&](const raw_server::link& l) {
    l.accept_upgrade();
    l.read();  // The client's Close.
    left = stirs(l, 300ms);
    l.write(server_frame(8, "\x03\xe8"));
  });
  program p({"--log", "off", "connect", slow.url(), "--json", "--wait", "0ms"}, folder / "errors");
  ASSERT_TRUE(p.line());
  p.signal(SIGINT);
  EXPECT_THAT(p.line().value_or(""),
              HasSubstr(R"("code":1000,"reason":"","by":"us","clean":true)"));
  EXPECT_FALSE(left);
  EXPECT_EQ(p.wait_at_most(), 0) << said();
}

TEST_F(hawser_connect, an_orderly_close_of_the_server_is_success) {
  for (const std::string close : {"\x03\xe8", ""}) {  // 1000, and what ws.close() of Node sends
    raw_server server([&](const raw_server::link& l) {
      l.accept_upgrade(server_frame(1, "hello") + server_frame(8, close));
      l.read();  // The answer.
    });
    const finished f = connect(server.url(), {"--json"});
    EXPECT_EQ(f.code, 0) << f.errors;
    EXPECT_EQ(f.errors, "");
    EXPECT_THAT(f.lines.back(), HasSubstr(close.empty() ? R"("code":1005)" : R"("code":1000)"));
  }
}

TEST_F(hawser_connect, an_orderly_close_in_the_middle_of_the_input_is_none) {
  std::string input;
  for (int i = 0; i < 200'000; ++i) input += "a line that is too much for any buffer on the way\n";
  raw_server server([](const raw_server::link& l) {
    l.accept_upgrade(server_frame(8, ""));
    l.wait_for_end();
  });
  const finished f = connect(server.url(), {}, input);
  EXPECT_EQ(f.code, 1);
  EXPECT_THAT(f.errors, HasSubstr("not sent"));
}

// The wait for silence ends while TCP does not.
TEST_F(hawser_connect, a_close_with_an_error_counts_also_if_the_server_keeps_tcp_open) {
  raw_server lingering([](const raw_server::link& l) {
    l.accept_upgrade(server_frame(8,
                                  "\x03\xf3"
                                  "it broke"));
    l.read();  // The client's Close.
    stirs(l, 300ms);
  });
  const finished f = connect(lingering.url(), {"--wait", "10ms"});
  EXPECT_EQ(f.code, 1);
  EXPECT_THAT(f.errors, HasSubstr("close code 1011"));
}

TEST_F(hawser_connect, a_terminal_obeys_no_control_character) {
  raw_server hostile([](const raw_server::link& l) {
    l.accept_upgrade(server_frame(1,
                                  "\xc2\x9b"
                                  "2J \xc2\xa0\x7f \xc3\xa9"));
    answer_close(l);
  });
  EXPECT_THAT(connect(hostile.url()).lines, ElementsAre("\\xc2\\x9b2J \xc2\xa0\\x7f \xc3\xa9"));
}

TEST_F(hawser_connect, a_server_that_takes_no_subprotocol_is_told) {
  acceptor_host host;
  const finished f = connect(host.url(), {"--subprotocol", "v1"}, "x\n");
  EXPECT_EQ(f.code, 0);
  EXPECT_THAT(f.lines, ElementsAre("x"));
  EXPECT_EQ(f.errors, "hawser: the server took none of the subprotocols that were offered\n");
}

class hawser_connect_refused : public hawser_connect {
 protected:
  finished refused(const std::string& response) {
    raw_server s([&](const raw_server::link& l) {
      l.read_request();
      l.write("HTTP/1.1 " + response + "Content-Length: 0\r\n\r\n");
      l.wait_for_end();
    });
    finished f = connect(s.url(), {"--json"});
    EXPECT_EQ(f.code, 1);
    EXPECT_THAT(f.lines, SizeIs(1));
    return f;
  }
};

TEST_F(hawser_connect_refused, names_the_pause_that_the_server_asks_for) {
  const finished f = refused("503 Busy\r\nRetry-After: 7\r\n");
  EXPECT_THAT(f.errors, HasSubstr("HTTP status 503, asked to wait 7.0 s)"));
  EXPECT_THAT(f.errors, HasSubstr("looks like: outage"));
  EXPECT_THAT(f.lines.at(0), HasSubstr(R"("retry_after_ms":7000)"));
}

TEST_F(hawser_connect_refused, names_where_a_redirect_leads_without_its_query) {
  const finished f = refused("301 Moved\r\nLocation: wss://elsewhere.example/x?token=secret\r\n");
  EXPECT_THAT(f.errors, HasSubstr("answered 301 Moved, Location: wss://elsewhere.example/x\n"));
  EXPECT_THAT(f.errors, Not(HasSubstr("secret")));
}

TEST_F(hawser_connect_refused, is_json_whatever_the_server_says) {
  const finished f = refused("404 \"\xff\"\r\n");
  EXPECT_THAT(f.lines.at(0), HasSubstr("the server answered 404 \\\"\xef\xbf\xbd\\\""));
  EXPECT_THAT(f.errors, HasSubstr("404 \"\\xff\"\n"));
}

}  // namespace program_connect_end_test
}  // namespace hawser::test
