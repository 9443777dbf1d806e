#include <hawser/core/ws/session.hpp>

#include "support/session_player.hpp"

#include <gtest/gtest.h>

namespace session_test {

using namespace hawser::test;
using hawser::close_code;
using hawser::errc;
using hawser::framing_errc;
using hawser::lane;
using hawser::opcode;
using hawser::read_event;
using hawser::role;
using hawser::session;
using kind = read_event::kind;
using list = std::vector<std::string>;

struct fixture {
  session s{role::client, {}, keys};

  void feed(const wire_frame& f) {
    const std::string wire = encode(f);
    const auto room = s.prepare();
    std::memcpy(room.data(), wire.data(), wire.size());
    s.commit(wire.size());
  }
  list frames() {
    std::string out = drain(s);
    list l;
    for (const wire_frame& f : decode(out)) {
      l.push_back(std::to_string(f.op) + (f.payload.size() > 1000 ? "B" : f.payload));
    }
    return l;
  }
  void send(std::string_view text) {
    ASSERT_TRUE(s.send(lane::bulk, opcode::text, hawser::as_bytes(text)));
  }
  // Something large that the socket did not take yet, and a message that waits behind it.
  void block() {
    send(letters(hawser::send_queue::cork_size));
    send("waits");
  }

  scripted_entropy keys;
};

TEST(session, answers_a_ping_with_its_payload_before_anybody_hears) {
  fixture f;
  f.feed({.op = 9, .payload = "42"});
  const read_event e = f.s.next();
  EXPECT_EQ(e.what, kind::ping);
  EXPECT_EQ(hawser::as_text(e.payload), "42");
  EXPECT_EQ(f.frames(), list{"1042"});
  f.feed({.op = 10, .payload = "42"});
  EXPECT_EQ(f.s.next().what, kind::pong);
  EXPECT_TRUE(f.frames().empty());
}

TEST(session, answers_a_close_with_its_code_and_sends_nothing_else) {
  fixture f;
  f.block();
  f.feed({.op = 8, .payload = close_payload(4001, "bye")});
  const read_event e = f.s.next();
  EXPECT_EQ(e.what, kind::close);
  EXPECT_EQ(e.code, close_code{4001});
  EXPECT_EQ(hawser::as_text(e.payload), "bye");
  EXPECT_EQ(f.s.current(), session::state::closed);
  EXPECT_EQ(f.s.queue().unsent(), 1u);
  EXPECT_EQ(f.s.send(lane::bulk, opcode::text, hawser::as_bytes("x")).error(), errc::not_connected);
  EXPECT_EQ(f.frames(), (list{"1B", "8" + close_payload(4001)}));
  f.s.close(close_code::normal, {});
  f.s.fail(close_code::normal, {});
  EXPECT_EQ(f.s.current(), session::state::closed);
  EXPECT_TRUE(f.frames().empty());
}

TEST(session, our_close_goes_first_and_the_peers_ends_it) {
  fixture f;
  f.send("before");
  f.s.close(close_code::going_away, "tide");
  EXPECT_EQ(f.s.current(), session::state::closing);
  EXPECT_EQ(f.s.send(lane::bulk, opcode::text, hawser::as_bytes("x")).error(), errc::not_connected);
  EXPECT_EQ(f.s.send(lane::bulk, opcode::text, hawser::buffer(1)).error(), errc::not_connected);
  EXPECT_EQ(f.frames(), (list{"1before", "8" + close_payload(1001, "tide")}));
  f.feed({.op = 1, .payload = "still read"});
  EXPECT_EQ(f.s.next().what, kind::message);
  f.feed({.op = 9, .payload = "still answered"});
  EXPECT_EQ(f.s.next().what, kind::ping);
  EXPECT_EQ(f.frames(), list{"10still answered"});
  f.feed({.op = 8, .payload = close_payload(1001)});
  EXPECT_EQ(f.s.next().what, kind::close);
  EXPECT_EQ(f.s.current(), session::state::closed);
  EXPECT_TRUE(f.frames().empty()) << "a second Close";
}

// Both sides close at once, and ours had not left: the peer reads no data any more.
TEST(session, the_peers_close_overtakes_our_waiting_one) {
  fixture f;
  f.block();
  f.s.close(close_code::normal, {});
  f.feed({.op = 8, .payload = close_payload(1001)});
  EXPECT_EQ(f.s.next().what, kind::close);
  EXPECT_EQ(f.frames(), (list{"1B", "8" + close_payload(1001)}));
  EXPECT_EQ(f.s.queue().unsent(), 1u);
}

TEST(session, a_violation_is_answered_with_its_code_and_its_name) {
  const struct {
    wire_frame frame;
    framing_errc error;
    unsigned code;
  } cases[] = {{{.op = 3}, framing_errc::bad_opcode, 1002},
               {{.op = 1, .payload = "\xFF"}, framing_errc::bad_utf8, 1007},
               {{.op = 2, .declared = 1u << 30}, framing_errc::message_too_big, 1009}};
  for (const auto& c : cases) {
    fixture f;
    f.block();
    f.feed(c.frame);
    const read_event e = f.s.next();
    EXPECT_EQ(e.what, kind::failed);
    EXPECT_EQ(e.error, c.error);
    EXPECT_EQ(f.s.current(), session::state::failed);
    EXPECT_EQ(f.frames(),
              (list{"1B", "8" + close_payload(c.code, make_error_code(c.error).message())}));
  }
}

TEST(session, fail_drops_what_waits_and_is_final) {
  fixture f;
  f.block();
  f.s.fail(close_code::going_away, "dead");
  f.s.fail(close_code::normal, "no second one");
  f.s.close(close_code::normal, {});
  EXPECT_EQ(f.s.current(), session::state::failed);
  EXPECT_EQ(f.s.queue().unsent(), 1u);
  EXPECT_EQ(f.frames(), (list{"1B", "8" + close_payload(1001, "dead")}));
}

TEST(session, fail_cuts_a_closing_handshake_short) {
  fixture f;
  f.block();
  f.s.close(close_code::normal, {});
  f.s.fail(close_code::going_away, {});
  EXPECT_EQ(f.frames(), (list{"1B", "8" + close_payload(1001)}));
}

}  // namespace session_test
