#include <hawser/behaviors/trace.hpp>

#include "support/bench_link.hpp"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

namespace trace_test {

using hawser::close_code;
using hawser::errc;
using hawser::log_level;
using hawser::opcode;
using hawser::trace;
using hawser::test::line_sink;

static_assert(hawser::plugin<trace>);

struct fixture : hawser::test::bench_link<trace> {
  explicit fixture(trace::options o = {}, log_level threshold = log_level::trace)
      : bench_link(trace(o)), lines(threshold) {
    sink = &lines;
    link.number = 7;
  }
  std::string only() {
    EXPECT_EQ(lines.lines.size(), 1u);
    return lines.lines.empty() ? "" : std::exchange(lines.lines, {}).front();
  }
  std::string frame(const hawser::frame_info& f) {
    at([&](hawser::context& c) { plugins.frame(c, f); });
    return only();
  }
  std::string connecting(hawser::handshake h) {
    at([&](hawser::context& c) { EXPECT_TRUE(plugins.connecting(c, h).passes()); });
    return only();
  }
  std::string drop_of(const hawser::drop_info& d) {
    at([&](hawser::context& c) { plugins.drop(c, d); });
    return only();
  }
  std::string error(const hawser::failure& e) {
    at([&](hawser::context& c) { EXPECT_TRUE(plugins.error(c, e).passes()); });
    return only();
  }

  hawser::test::line_sink lines;
};

TEST(trace, an_attempt) {
  fixture f;
  EXPECT_EQ(f.connecting({.attempt = 3, .target = "/feed?x=1", .headers = {{"X-Name", "me"}}}),
            "connecting attempt=3 target=/feed?x=1 X-Name=me");
  EXPECT_EQ(f.lines.levels, std::vector{log_level::info});
}

TEST(trace, secret_headers_are_redacted_whatever_their_case) {
  for (const char* name : {"Authorization", "AUTHORIZATION", "proxy-authorization", "Cookie",
                           "X-Api-Key", "x-auth-token", "X-Client-Secret", "X-Signature",
                           "X-Password", "X-Session-Id", "X-Credential"}) {
    fixture f;
    EXPECT_EQ(f.connecting({.target = "/", .headers = {{name, "s3cr3t"}, {"Origin", "here"}}}),
              "connecting attempt=1 target=/ " + std::string(name) + "=*** Origin=here");
  }
}

TEST(trace, secret_query_parameters_are_redacted) {
  fixture f;
  const std::pair<const char*, const char*> cases[] = {
      {"/?token=s3cr3t", "/?token=***"},
      {"/a?x=1&access_token=s3cr3t&y=2", "/a?x=1&access_token=***&y=2"},
      {"/a?api_key=s=3?c&sig", "/a?api_key=***&sig"},
      {"/key=1/a?x=token", "/key=1/a?x=token"},
      {"/?token", "/?token"},
      {"", ""},
  };
  for (const auto& [target, shown] : cases) {
    EXPECT_EQ(f.connecting({.target = target}),
              "connecting attempt=1 target=" + std::string(shown));
  }
}

TEST(trace, a_hook_cannot_break_the_line) {
  fixture f;
  EXPECT_EQ(f.connecting({.target = "/\n", .headers = {{"X", "a\r\nb"}}}),
            "connecting attempt=1 target=/\\x0a X=a\\x0d\\x0ab");
  EXPECT_EQ(f.connecting({.target = "/", .headers = {{"X\nY", "a"}}}),
            "connecting attempt=1 target=/ X\\x0aY=a");
}

TEST(trace, an_open_link) {
  fixture f;
  const std::vector<hawser::header> none;
  f.at([&](hawser::context& c) { f.plugins.open(c, {7, "", none}); });
  EXPECT_EQ(f.only(), "open link=7");
  f.at([&](hawser::context& c) { f.plugins.open(c, {7, "hawser.v1", none}); });
  EXPECT_EQ(f.only(), "open link=7 subprotocol=hawser.v1");
  f.at([&](hawser::context& c) { f.plugins.open(c, {7, "a\nb", none}); });
  EXPECT_EQ(f.only(), "open link=7 subprotocol=a\\x0ab");
}

TEST(trace, what_a_successor_does_is_marked) {
  fixture f;
  const std::vector<hawser::header> none;
  EXPECT_EQ(f.connecting({.successor = true, .target = "/"}),
            "connecting attempt=1 successor target=/");
  f.at([&](hawser::context& c) { f.plugins.open(c, {8, "", none, {}, true}); });
  EXPECT_EQ(f.only(), "open link=8 successor");
  f.at([&](hawser::context& c) { f.plugins.ready(c, {8, true}); });
  EXPECT_EQ(f.only(), "ready link=8 successor");
  EXPECT_EQ(f.drop_of({.link = 7, .error = errc::closed, .clean = true, .replaced = true}),
            "drop link=7 error=\"the peer closed the link\" code=1006 by=peer clean=yes unsent=0 "
            "replaced");
  hawser::failure e;
  e.error = errc::unavailable;
  e.successor = true;
  e.retry_after = std::chrono::seconds(90);
  EXPECT_THAT(f.error(e), ::testing::EndsWith(" successor retry_after=90.0s"));
}

TEST(trace, where_it_connects_to) {
  fixture f;
  EXPECT_EQ(f.connecting({.endpoint = "wss://a:1", .target = "/"}),
            "connecting attempt=1 to=wss://a:1 target=/");
}

TEST(trace, a_link_that_is_ready) {
  fixture f;
  f.at([&](hawser::context& c) { f.plugins.ready(c, {7}); });
  EXPECT_EQ(f.lines.levels, std::vector{log_level::info});
  EXPECT_EQ(f.only(), "ready link=7");
}

TEST(trace, the_end_of_the_client_is_a_warning_unless_it_was_wished) {
  using reason = hawser::stop_info::reason;
  const std::pair<reason, const char*> all[] = {
      {reason::asked, "asked"}, {reason::closed, "closed"},     {reason::permanent, "permanent"},
      {reason::auth, "auth"},   {reason::given_up, "given_up"}, {reason::threw, "threw"}};
  for (const auto& [why, name] : all) {
    fixture f;
    const bool wished = why <= reason::closed;
    hawser::stop_info s{.why = why};
    if (!wished) s = {why, errc::unauthorized, hawser::phase::upgrading, "it said\nno"};
    f.at([&](hawser::context& c) { f.plugins.stopped(c, s); });
    EXPECT_EQ(f.lines.levels, std::vector{wished ? log_level::info : log_level::warn});
    EXPECT_EQ(f.only(), std::string("stopped why=") + name +
                            (wished ? ""
                                    : " in=upgrading error=\"not authorized\" "
                                      "detail=\"it said\\x0ano\""));
  }
}

TEST(trace, a_subscription) {
  using kind = hawser::subscription_event::kind;
  const std::pair<kind, const char*> all[] = {{kind::subscribe, "subscribe"},
                                              {kind::unsubscribe, "unsubscribe"},
                                              {kind::confirmed, "confirmed"},
                                              {kind::failed, "failed"},
                                              {kind::expired, "expired"}};
  for (const auto& [what, name] : all) {
    fixture f;
    f.at([&](hawser::context& c) { f.plugins.subscription(c, {what, "a\nb"}); });
    EXPECT_EQ(f.lines.levels, std::vector{log_level::debug});
    EXPECT_EQ(f.only(), std::string("subscription ") + name + " link=7 topic=\"a\\x0ab\"");
  }
  fixture f;
  f.at([&](hawser::context& c) {
    f.plugins.subscription(c, {kind::failed, "t", errc::unauthorized});
  });
  EXPECT_EQ(f.only(), "subscription failed link=7 topic=\"t\" error=\"not authorized\"");
}

TEST(trace, an_open_link_over_tls) {
  fixture f;
  const std::vector<hawser::header> none;
  f.at([&](hawser::context& c) {
    f.plugins.open(c, {7, {}, none, {"TLSv1.3", "TLS_AES_128_GCM_SHA256", true}});
  });
  EXPECT_EQ(f.only(), "open link=7 tls=TLSv1.3 cipher=TLS_AES_128_GCM_SHA256 resumed=yes");
}

TEST(trace, a_drop) {
  fixture f;
  EXPECT_EQ(f.drop_of({.link = 7, .error = errc::dropped, .unsent = 3}),
            "drop link=7 error=\"the connection ended without a Close\" code=1006 by=peer clean=no "
            "unsent=3");
  EXPECT_EQ(f.drop_of({.link = 7,
                       .error = errc::closed,
                       .by = hawser::link_end::ours,
                       .clean = true,
                       .code = close_code::going_away,
                       .reason = "line\nbreak"}),
            "drop link=7 code=1001 by=us clean=yes unsent=0 reason=\"line\\x0abreak\"")
      << "its own clean close is no error";
  EXPECT_EQ(f.drop_of({.link = 7, .error = errc::pong_timeout, .detail = "9 s\n"}),
            "drop link=7 error=\"a ping was not answered in time\" code=1006 by=peer clean=no "
            "unsent=0 detail=\"9 s\\x0a\"");
}

TEST(trace, the_end_of_a_link_is_one_line) {
  fixture f;
  hawser::failure e;
  e.at = hawser::phase::open;
  e.error = errc::dropped;
  f.drop_of({.link = 7, .error = errc::dropped});
  f.at([&](hawser::context& c) {
    EXPECT_TRUE(f.plugins.tells(c, e)) << "the engine need not";
    EXPECT_TRUE(f.plugins.error(c, e).passes());
  });
  EXPECT_TRUE(f.lines.lines.empty());
  f.at([&](hawser::context& c) {
    f.plugins.stopped(c, {hawser::stop_info::reason::given_up, errc::dropped, e.at, "dropped"});
  });
  EXPECT_EQ(f.only(), "stopped why=given_up") << "the cause is said above";
  e.retry_after = std::chrono::seconds(5);
  EXPECT_EQ(f.error(e), "the next attempt was put off by 5.0s link=7");
}

TEST(trace, a_failure_is_told_by_one_of_the_two) {
  hawser::failure e;
  e.at = hawser::phase::connecting;
  e.error = errc::connect_timeout;
  const auto tells = [&](fixture& f) {
    bool said = false;
    f.at([&](hawser::context& c) { said = f.plugins.tells(c, e); });
    return said;
  };
  fixture on, silent({}, log_level::warn),
      elsewhere({.log = std::make_shared<line_sink>(log_level::info)});
  EXPECT_TRUE(tells(on));
  EXPECT_FALSE(tells(silent));
  EXPECT_FALSE(tells(elsewhere)) << "the client's log would have no line of it";
  ASSERT_TRUE(on.plugins.get<trace>().control()->set("on hooks=message"));
  EXPECT_FALSE(tells(on));
  ASSERT_TRUE(on.plugins.get<trace>().control()->set("off"));
  EXPECT_FALSE(tells(on));
}

TEST(trace, the_end_says_why_if_no_line_before_did) {
  const hawser::stop_info s{hawser::stop_info::reason::permanent, errc::unauthorized,
                            hawser::phase::upgrading, "no"};
  hawser::failure e;
  e.at = hawser::phase::upgrading;
  e.error = errc::unauthorized;
  fixture f;
  f.error(e);
  f.at([&](hawser::context& c) { f.plugins.stopped(c, s); });
  EXPECT_EQ(f.only(), "stopped why=permanent");
  e.error = errc::connect_timeout;
  f.error(e);
  f.at([&](hawser::context& c) { f.plugins.stopped(c, s); });
  EXPECT_EQ(f.only(), "stopped why=permanent in=upgrading error=\"not authorized\" detail=\"no\"");
  fixture quiet({.tell_stopped = false});
  quiet.at([&](hawser::context& c) { quiet.plugins.stopped(c, s); });
  EXPECT_TRUE(quiet.lines.lines.empty());
}

TEST(trace, a_failure) {
  fixture f;
  hawser::failure e;
  e.at = hawser::phase::upgrading;
  e.error = errc::unauthorized;
  e.attempt = 2;
  EXPECT_EQ(f.error(e), "failure in=upgrading attempt=2 error=\"not authorized\"");
  e.status = 401;
  e.detail = "said\tno";
  EXPECT_EQ(f.error(e),
            "failure in=upgrading attempt=2 error=\"not authorized\" status=401 "
            "detail=\"said\\x09no\"");
}

TEST(trace, a_frame_each_way_of_each_kind) {
  const std::pair<opcode, const char*> all[] = {{opcode::continuation, "continuation"},
                                                {opcode::text, "text"},
                                                {opcode::binary, "binary"},
                                                {opcode::close, "close"},
                                                {opcode::ping, "ping"},
                                                {opcode::pong, "pong"}};
  fixture f;
  for (const auto& [op, name] : all) {
    for (const bool outbound : {false, true}) {
      EXPECT_EQ(
          f.frame(
              {.outbound = outbound, .op = op, .size = 5, .payload = hawser::as_bytes("hello")}),
          std::string(outbound ? "> " : "< ") + name + " 5 bytes link=7 crc=3610a686");
    }
  }
  EXPECT_EQ(f.frame({.op = opcode::text, .fin = false, .size = 2}), "< text (more) 2 bytes link=7")
      << "what is not here has no check sum";
  EXPECT_EQ(f.frame({.op = opcode::text, .size = 5, .payload = hawser::as_bytes("%")}),
            "< text 5 bytes link=7");
  EXPECT_EQ(f.frame({.op = opcode::text, .size = 3, .payload = hawser::as_bytes("665")}),
            "< text 3 bytes link=7 crc=00081566");
  EXPECT_EQ(f.lines.levels.back(), log_level::trace);
}

TEST(trace, payloads_only_when_asked_for_cut_and_escaped) {
  fixture f({.payloads = 5});
  EXPECT_EQ(f.frame({.op = opcode::text, .size = 5, .payload = hawser::as_bytes("hello")}),
            "< text 5 bytes link=7 crc=3610a686 \"hello\"");
  EXPECT_EQ(f.frame({.op = opcode::text, .size = 6, .payload = hawser::as_bytes("hello!")}),
            "< text 6 bytes link=7 crc=9a86c960 \"hello\"...");
  EXPECT_EQ(f.frame({.op = opcode::binary, .size = 4, .payload = hawser::as_bytes("\n\\\x7F\xFF")}),
            "< binary 4 bytes link=7 crc=aefa6218 \"\\x0a\\x5c\\x7f\\xff\"");
  EXPECT_EQ(f.frame({.op = opcode::text}), "< text 0 bytes link=7 crc=00000000");
}

TEST(trace, nothing_is_made_when_the_sink_wants_less) {
  const auto say_everything = [](fixture& f) {
    const std::vector<hawser::header> none;
    hawser::handshake h;
    f.at([&](hawser::context& c) {
      f.plugins.connecting(c, h);
      f.plugins.open(c, {7, "", none});
      f.plugins.frame(c, {});
      f.plugins.error(c, {});
      f.plugins.drop(c, {});
    });
    return f.lines.lines.size();
  };
  fixture all({}, log_level::trace);
  EXPECT_EQ(say_everything(all), 5u);
  fixture no_frames({}, log_level::debug);
  EXPECT_EQ(say_everything(no_frames), 4u);
  fixture nothing({}, log_level::warn);
  EXPECT_EQ(say_everything(nothing), 0u);
  fixture silent;
  silent.sink = nullptr;
  EXPECT_EQ(say_everything(silent), 0u);
}

}  // namespace trace_test
