// How a link ended: clean or not, by whom, and with which error.
#include <hawser/hawser.hpp>

#include "support/line_log.hpp"
#include "support/raw_server.hpp"

#include <gtest/gtest.h>

#include <optional>

namespace hawser::test {
namespace ending_test {

struct witness : adapter<witness, on::open, on::message, on::drop> {
  bool leave = false;  // begin the closing handshake
  std::optional<drop_info> end = {};
  void on_open(context& c, const open_info&) {
    if (leave) c.close(close_code::going_away);
  }
  verdict on_message(context&, const inbound&) { return handled; }
  void on_drop(context&, const drop_info& d) { end = d; }
};

drop_info ending(const raw_server::script& serve, bool leave) {
  raw_server server(serve);
  witness w;
  w.leave = leave;
  client<witness> c{{.url = server.url()}, w};
  c.run();
  EXPECT_TRUE(c.template get<witness>().end) << c.last_detail();
  return c.template get<witness>().end.value_or(drop_info{});
}

const std::string normal_close = server_frame(8, "\x03\xe8");

TEST(ending, by_the_peers_close) {
  for (const bool reset : {false, true}) {  // A reset behind the handshake changes nothing.
    const drop_info d = ending(
        [reset](const raw_server::link& l) {
          l.accept_upgrade(normal_close);
          l.read();  // The answer.
          if (reset) l.reset_at_end();
        },
        false);
    EXPECT_EQ(d.error, errc::closed);
    EXPECT_EQ(d.by, link_end::peers);
    EXPECT_EQ(d.own_close, std::nullopt);
    EXPECT_TRUE(d.clean);
    EXPECT_EQ(d.code, close_code::normal);
  }
}

TEST(ending, by_our_close) {
  for (const bool reset : {false, true}) {
    const drop_info d = ending(
        [reset](const raw_server::link& l) {
          l.accept_upgrade();
          l.read();
          l.write(server_frame(8, "\x03\xe9"));
          if (reset) l.reset_at_end();
        },
        true);
    EXPECT_EQ(d.error, errc::closed);
    EXPECT_EQ(d.by, link_end::ours);
    EXPECT_EQ(d.own_close, close_code::going_away);
    EXPECT_TRUE(d.clean);
    EXPECT_EQ(d.code, close_code::going_away);
  }
}

// What `ws.close()` of a browser or Node sends.
TEST(ending, by_an_empty_close_is_in_order) {
  raw_server server([](const raw_server::link& l) {
    l.accept_upgrade(server_frame(8, ""));
    l.read();  // The answer.
  });
  client<witness> c{{.url = server.url()}};
  EXPECT_FALSE(c.run()) << c.last_detail();
  EXPECT_EQ(c.get<witness>().end.value_or(drop_info{}).code, close_code::no_status);
  EXPECT_EQ(c.explain().verdict.what, suspicion::none);
}

TEST(ending, an_empty_close_answers_ours) {
  const drop_info d = ending(
      [](const raw_server::link& l) {
        l.accept_upgrade();
        l.read();
        l.write(server_frame(8, ""));
      },
      true);
  EXPECT_EQ(d.error, errc::closed);
  EXPECT_EQ(d.by, link_end::ours);
  EXPECT_EQ(d.own_close, close_code::going_away);
  EXPECT_EQ(d.code, close_code::no_status);
}

TEST(ending, the_peers_reason_forges_no_log_line) {
  const auto log = std::make_shared<line_log>(log_level::debug);
  raw_server server([](const raw_server::link& l) {
    l.accept_upgrade(server_frame(8,
                                  "\x03\xe8"
                                  "bye\n[error] forged"));
    l.wait_for_end();
  });
  client<witness> c{{.url = server.url(), .log = log}};
  EXPECT_FALSE(c.run());
  EXPECT_EQ(log->count("bye\\x0a[error] forged"), 1u) << log->all();
  EXPECT_EQ(log->count("\n"), 0u) << log->all();
}

TEST(ending, of_tcp_without_a_close) {
  const drop_info d = ending([](const raw_server::link& l) { l.accept_upgrade(); }, false);
  EXPECT_EQ(d.error, errc::dropped);
  EXPECT_EQ(d.by, link_end::peers);
  EXPECT_FALSE(d.clean);
  EXPECT_EQ(d.code, close_code::abnormal);
}

TEST(ending, by_a_reset_without_a_close) {
  const drop_info d = ending(
      [](const raw_server::link& l) {
        l.accept_upgrade();
        l.reset_at_end();
      },
      false);
  EXPECT_EQ(d.error, boost::system::errc::connection_reset) << d.error.message();
  EXPECT_EQ(d.by, link_end::peers);
  EXPECT_FALSE(d.clean);
}

TEST(ending, of_tcp_instead_of_an_answer_to_our_close) {
  const drop_info d = ending(
      [](const raw_server::link& l) {
        l.accept_upgrade();
        l.read();
      },
      true);
  EXPECT_EQ(d.error, errc::dropped);
  EXPECT_EQ(d.by, link_end::ours);
  EXPECT_FALSE(d.clean);
}

TEST(ending, by_a_broken_protocol) {
  const drop_info d = ending(
      [](const raw_server::link& l) {
        l.accept_upgrade(server_frame(3, "what"));
        l.wait_for_end();
      },
      false);
  EXPECT_EQ(d.error, framing_errc::bad_opcode);
  EXPECT_EQ(d.by, link_end::ours);
  EXPECT_FALSE(d.clean);
}

TEST(ending, by_bytes_that_are_no_frame_shows_them) {
  raw_server server([](const raw_server::link& l) {
    l.accept_upgrade("HTTP/1.1 500 Oops\r\n\r\n");
    l.wait_for_end();
  });
  client<witness> c{{.url = server.url()}};
  EXPECT_EQ(c.run(), framing_errc::reserved_bits);
  EXPECT_EQ(c.last_detail(),
            "the peer broke the protocol: " + error_code(framing_errc::reserved_bits).message() +
                ": 48 54 54 50 2f 31 2e 31 20 35 30 30 20 4f 6f 70 73 0d 0a 0d 0a "
                "\"HTTP/1.1 500 Oops....\", looks like HTTP/1.1 500");
}

TEST(ending, in_the_middle_of_a_frame) {
  const drop_info d = ending(
      [](const raw_server::link& l) { l.accept_upgrade(server_frame(1, "cut off").substr(0, 5)); },
      false);
  EXPECT_EQ(d.error, errc::dropped);
  EXPECT_FALSE(d.clean);
}

TEST(ending, of_an_oversize_message_is1009) {
  std::string answer;
  raw_server server([&](const raw_server::link& l) {
    l.accept_upgrade(server_frame(1, std::string(101, 'x')));
    answer = l.read();
    l.wait_for_end();
  });
  options o{.url = server.url()};
  o.limits.message = 100;
  client<witness> c{o};
  EXPECT_EQ(c.run(), framing_errc::message_too_big);
  EXPECT_EQ(c.last_detail(), "a message of 101 bytes is above limits.message (100)");
  server.wait();
  ASSERT_GE(answer.size(), 8u);
  EXPECT_EQ(static_cast<unsigned char>(answer[0]), 0x88);
  const auto code = static_cast<unsigned>(static_cast<unsigned char>(answer[6] ^ answer[2])) << 8 |
                    static_cast<unsigned char>(answer[7] ^ answer[3]);
  EXPECT_EQ(code, 1009u);
}

}  // namespace ending_test
}  // namespace hawser::test
