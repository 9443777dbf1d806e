// What was seen of a failure is shown, once, without what this client has sent in secret.
#include <hawser/hawser.hpp>

#include "support/line_log.hpp"
#include "support/raw_server.hpp"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

namespace hawser::test {
namespace evidence_test {

using namespace std::chrono_literals;
using ::testing::HasSubstr;
using ::testing::Not;

struct quiet : adapter<quiet, on::message> {
  verdict on_message(context&, const inbound&) { return handled; }
};
struct leaver : adapter<leaver, on::open> {
  void on_open(context& c, const open_info&) { c.close(close_code::normal, "enough"); }
};
struct kept_body : adapter<kept_body, on::error> {
  std::string body = {};
  reaction on_error(context&, const failure& f) {
    body = f.body;
    return reaction::pass();
  }
};

struct evidence : ::testing::Test {
  options to(const raw_server& server, const std::string& target = "/") const {
    return {.url = server.url() + target, .log = log};
  }
  std::size_t lines() const {
    const std::string all = log->all();
    return static_cast<std::size_t>(std::count(all.begin(), all.end(), '\n'));
  }
  std::shared_ptr<line_log> log = std::make_shared<line_log>();
};

void answer_close(const raw_server::link& l) {
  l.read();
  l.write(server_frame(8, "\x03\xe8"));
}

// What a server that wants to help its developers answers: everything that came.
raw_server::script echoing(int status, const std::string& fields = {}) {
  return [=](const raw_server::link& l) {
    const std::string body = l.read_request();
    l.write("HTTP/1.1 " + std::to_string(status) + " No\r\n" + fields +
            "Content-Length: " + std::to_string(body.size()) + "\r\n\r\n" + body);
    l.wait_for_end();
  };
}

TEST_F(evidence, a_refusal_shows_its_body_and_its_challenge) {
  raw_server server([](const raw_server::link& l) {
    l.read_request();
    l.write(
        "HTTP/1.1 401 Unauthorized\r\nWWW-Authenticate: Bearer realm=\"devices\", "
        "error=\"invalid_token\"\r\nContent-Length: 33\r\n\r\n"
        "{\"error\":\r\n \"the token\x1b is old\"}\n");
    l.wait_for_end();
  });
  client<quiet> c{to(server)};
  EXPECT_EQ(c.run(), errc::unauthorized);
  const std::string said =
      "the server answered 401 Unauthorized, WWW-Authenticate: Bearer realm=\"devices\", "
      "error=\"invalid_token\", body: {\"error\": \"the token\\x1b is old\"}";
  EXPECT_THAT(log->all(), HasSubstr("upgrading: " + said));
  EXPECT_EQ(lines(), 1u) << log->all();
  EXPECT_THAT(to_words(c.explain()), HasSubstr("detail: " + said + "\n"));
  EXPECT_THAT(to_json(c.explain()), HasSubstr(R"(WWW-Authenticate: Bearer realm=\"devices\")"));
}

TEST_F(evidence, its_body_is_capped) {
  raw_server server([](const raw_server::link& l) {
    l.read_request();
    l.write("HTTP/1.1 503 No\r\nContent-Length: 100000\r\n\r\n" + std::string(100000, 'x'));
    l.wait_for_end();
  });
  client<quiet> c{to(server)};
  EXPECT_EQ(c.run(), errc::unavailable);
  EXPECT_THAT(log->all(), HasSubstr("body: " + std::string(500, 'x') + "..."));
  EXPECT_THAT(log->all(), Not(HasSubstr(std::string(501, 'x'))));
}

TEST_F(evidence, what_we_sent_in_secret_is_masked_in_every_echo) {
  // me:pa55word-of-me, as RFC 7617 sends it.
  const std::vector<header> fields = {{"Authorization", "Basic bWU6cGE1NXdvcmQtb2YtbWU="},
                                      {"Cookie", "sid=c00kie-value-1; theme=dark"},
                                      {"X-Api-Key", "k3y-k3y-k3y-k3y"},
                                      {"X-Name", "n4me-n4me"}};
  const std::string target = "/v1?sig=s1gnature%2Fof%3Dit&ticket=t1cket-t1cket&page=p4ge-p4ge";
  for (const bool traced : {false, true}) {
    raw_server server(echoing(403, "WWW-Authenticate: Basic realm=\"k3y-k3y-k3y-k3y\"\r\n"));
    options o = to(server, target);
    o.headers = fields;
    o.subprotocols = {"v1.json", "bearer", "t0ken-t0ken"};
    log = std::make_shared<line_log>(log_level::trace);
    o.log = log;
    std::string words;
    if (traced) {
      client<quiet, trace> c{o};
      EXPECT_EQ(c.run(), errc::unauthorized);
      words = to_words(c.explain()) + to_json(c.explain()) + c.last_detail();
    } else {
      client<kept_body> c{o};
      EXPECT_EQ(c.run(), errc::unauthorized);
      words = to_words(c.explain()) + to_json(c.explain()) + c.last_detail();
      EXPECT_THAT(c.get<kept_body>().body, HasSubstr("k3y-k3y")) << "a hook is given what came";
    }
    for (const std::string& said : {log->all(), words}) {
      EXPECT_THAT(said, HasSubstr("n4me-n4me"));
      EXPECT_THAT(said, HasSubstr("p4ge-p4ge"));
      EXPECT_THAT(said, HasSubstr("v1.json"));
      for (const char* secret :
           {"bWU6cGE1", "pa55word", "c00kie-v", "k3y-k3y-", "s1gnatur", "t1cket-t", "t0ken-t0"}) {
        EXPECT_THAT(said, Not(HasSubstr(secret)));
      }
    }
  }
}

TEST_F(evidence, no_cut_shows_half_a_secret) {
  for (const std::size_t before : {297u, 495u, 4093u}) {
    raw_server server([&](const raw_server::link& l) {
      l.read_request();
      const std::string told = std::string(before, '-') + "t0ken-t0ken";
      l.write("HTTP/1.1 401 No\r\nWWW-Authenticate: " + told +
              "\r\nContent-Length: " + std::to_string(told.size()) + "\r\n\r\n" + told);
      l.wait_for_end();
    });
    options o = to(server);
    o.headers = {{"Authorization", "Bearer t0ken-t0ken"}};
    client<quiet> c{o};
    EXPECT_EQ(c.run(), errc::unauthorized);
    EXPECT_THAT(log->all(), Not(HasSubstr("t0k"))) << before;
  }
}

TEST_F(evidence, a_close_that_echoes_our_token_does_not_show_it) {
  raw_server server([](const raw_server::link& l) {
    l.accept_upgrade(server_frame(8, std::string("\x03\xf0") + "bad token t0ken-t0ken"));
    l.read();
  });
  options o = to(server);
  o.headers = {{"Authorization", "Bearer t0ken-t0ken"}};
  client<quiet, trace> c{o};
  EXPECT_EQ(c.run(), errc::unauthorized);
  EXPECT_THAT(log->all(), HasSubstr("reason=\"bad token ***\""));
  EXPECT_THAT(log->all() + to_words(c.explain()) + c.last_detail(), Not(HasSubstr("t0ken-t0")));
}

TEST_F(evidence, one_failure_is_one_line_with_and_without_trace) {
  const auto none = [](const raw_server::link&) {};
  const auto lost = [](const raw_server::link& l) { l.accept_upgrade(); };
  for (const auto& [script, at] :
       {std::pair<raw_server::script, std::string>(none, "upgrading"), {lost, "ended"}}) {
    for (const bool traced : {false, true}) {
      raw_server server(script);
      log = std::make_shared<line_log>();
      if (traced) {
        client<quiet, trace> c{to(server)};
        EXPECT_TRUE(c.run());
        EXPECT_EQ(log->count("error="), 1u) << log->all();
      } else {
        client<quiet> c{to(server)};
        EXPECT_TRUE(c.run());
      }
      EXPECT_EQ(log->count(at), 1u) << log->all();
    }
  }
}

TEST_F(evidence, an_own_clean_close_is_no_error) {
  for (const bool traced : {false, true}) {
    raw_server server([](const raw_server::link& l) {
      l.accept_upgrade();
      answer_close(l);
    });
    log = std::make_shared<line_log>();
    if (traced) {
      client<leaver, trace> c{to(server)};
      EXPECT_FALSE(c.run());
      EXPECT_EQ(log->count("drop link=1 code=1000 by=us clean=yes"), 1u) << log->all();
    } else {
      client<leaver> c{to(server)};
      EXPECT_FALSE(c.run());
    }
    EXPECT_EQ(log->count("error"), 0u) << log->all();
    EXPECT_EQ(log->count("the peer closed"), 0u) << log->all();
  }
}

struct looking : adapter<looking, on::message> {
  std::function<void()> then = {};
  verdict on_message(context& c, const inbound&) {
    c.stop();
    then();
    return handled;
  }
};

TEST_F(evidence, an_open_link_says_how_old_its_last_message_is) {
  raw_server server([](const raw_server::link& l) {
    l.accept_upgrade(server_frame(1, "x"));
    answer_close(l);
  });
  std::string words;
  client<looking>* self = nullptr;
  looking asked;
  asked.then = [&] { words = to_words(self->explain()); };
  client<looking> c{to(server), std::move(asked)};
  self = &c;
  EXPECT_FALSE(c.run());
  EXPECT_THAT(words, ::testing::ContainsRegex("link 1: last message [0-9.]+ m?s ago"));
}

}  // namespace evidence_test
}  // namespace hawser::test
