#include <hawser/behaviors/auth.hpp>

#include "support/bench_link.hpp"
#include "support/words.hpp"

#include <gtest/gtest.h>

#include <optional>
#include <thread>

namespace auth_test {

using namespace std::chrono_literals;
using hawser::auth;
using hawser::effects;
using hawser::errc;
using hawser::grant;
using hawser::header;
using hawser::phase;
using hawser::reaction;
using hawser::time_point;
using hawser::tls_errc;
using hawser::token_ticket;

static_assert(hawser::plugin<auth>);

struct fixture : hawser::test::bench_link<auth> {
  explicit fixture(auth::options o) : bench_link(auth(std::move(o))) {}

  // Asks for credentials; what the request then carries is in `headers`.
  grant ask(bool live = false) {
    hawser::handshake h;
    hawser::auth_request r{
        h,
        [this] {
          return hawser::auth_ticket([this](hawser::error_code ec, std::vector<header> granted) {
            refused = ec;
            headers = std::move(granted);
          });
        },
        live};
    headers.clear();
    const grant g = at([&](hawser::context& c) { return plugins.authenticate(c, r); });
    if (g.passes()) headers = h.headers;
    return g;
  }
  reaction fail(hawser::error_code ec = errc::unauthorized, phase where = phase::upgrading) {
    hawser::failure f;
    f.at = where;
    f.error = ec;
    return at([&](hawser::context& c) { return plugins.error(c, f); });
  }
  std::string sent() const {
    return headers.size() == 1 ? headers[0].name + ": " + headers[0].value : "";
  }

  std::vector<header> headers;
  hawser::error_code refused;
};

// Counts its tokens: "t1", "t2".
struct provider {
  hawser::duration lifetime = 1h;
  int asked = 0;

  auth::options options() {
    auth::options o;
    o.provide = [this] { return hawser::token{"t" + std::to_string(++asked), lifetime}; };
    return o;
  }
};

TEST(auth, every_attempt_carries_a_token) {
  provider p;
  fixture f(p.options());
  for (int i = 0; i < 3; ++i) {
    EXPECT_TRUE(f.ask().passes());
    EXPECT_EQ(f.sent(), "Authorization: Bearer t1");
  }
  EXPECT_EQ(p.asked, 1) << "one that is good is used again";
}

TEST(auth, field_and_scheme_can_be_chosen) {
  provider p;
  auto o = p.options();
  o.field = "X-Api-Key";
  o.scheme = "";
  fixture f(o);
  EXPECT_TRUE(f.ask().passes());
  EXPECT_EQ(f.sent(), "X-Api-Key: t1");
}

TEST(auth, a_token_is_replaced_ahead_of_its_end) {
  provider p;
  fixture f(p.options());
  (void)f.ask();
  f.now += 1h - 60s - 1ns;
  (void)f.ask();
  EXPECT_EQ(p.asked, 1);
  f.now += 1ns;
  (void)f.ask();
  EXPECT_EQ(f.sent(), "Authorization: Bearer t2");
}

TEST(auth, a_short_lived_token_is_good_for_half_its_life) {
  provider p{.lifetime = 40s};
  fixture f(p.options());
  (void)f.ask();
  f.now += 19s;
  (void)f.ask();
  EXPECT_EQ(p.asked, 1);
  f.now += 1s;
  (void)f.ask();
  EXPECT_EQ(p.asked, 2);
}

TEST(auth, without_a_lifetime_a_token_lasts) {
  provider p{.lifetime = 0s};
  fixture f(p.options());
  (void)f.ask();
  f.open();
  EXPECT_EQ(f.plugins.next_wake(), hawser::never);
  f.now += 24h * 1000;
  (void)f.ask();
  EXPECT_EQ(p.asked, 1);
}

TEST(auth, no_token_ends_the_attempt) {
  fixture f({.provide = [] { return hawser::token{}; }});
  const grant g = f.ask();
  EXPECT_EQ(g.what(), grant::kind::refuse);
  EXPECT_EQ(g.error(), errc::unauthorized);
  EXPECT_TRUE(f.fail(errc::unauthorized, phase::authenticating).passes());
}

TEST(auth, a_ticket_brings_a_token_from_any_thread) {
  std::optional<token_ticket> ticket;
  int asked = 0;
  fixture f({.fetch = [&](token_ticket t) {
    ++asked;
    ticket.emplace(std::move(t));
  }});
  EXPECT_EQ(f.ask().what(), grant::kind::pending);
  const time_point at = f.now;
  std::thread([&] { ticket->grant({"far", 1h}); }).join();
  EXPECT_EQ(f.sent(), "Authorization: Bearer far");
  f.now += 5s;
  f.open();
  EXPECT_EQ(f.plugins.next_wake(), at + 1h - 60s) << "counted from when it was asked for";
  EXPECT_TRUE(f.ask().passes()) << "kept for the next attempt";
  EXPECT_EQ(f.sent(), "Authorization: Bearer far");
  EXPECT_EQ(asked, 1);
  ticket->grant({"again", 1h});
  EXPECT_EQ(f.sent(), "Authorization: Bearer far") << "a ticket is good once";
}

TEST(auth, a_ticket_may_refuse_or_be_dropped) {
  std::optional<token_ticket> ticket;
  fixture f({.fetch = [&](token_ticket t) { ticket.emplace(std::move(t)); }});
  (void)f.ask();
  ticket->refuse(errc::unavailable);
  EXPECT_EQ(f.refused, errc::unavailable);
  (void)f.ask();
  ticket->grant({});
  EXPECT_EQ(f.refused, errc::unauthorized) << "an empty token is none";
  (void)f.ask();
  ticket.reset();
  EXPECT_TRUE(f.fail(errc::auth_timeout, phase::authenticating).passes());
  EXPECT_EQ(f.ask().what(), grant::kind::pending);
}

TEST(auth, a_refused_token_is_replaced_once_then_the_client_ends) {
  provider p;
  fixture f(p.options());
  (void)f.ask();
  const reaction first = f.fail();
  ASSERT_EQ(first.what(), reaction::kind::retry);
  EXPECT_EQ(first.after(), 0s);
  (void)f.ask();
  EXPECT_EQ(f.sent(), "Authorization: Bearer t2");
  EXPECT_TRUE(f.fail().passes());
}

// A server that opens every link and closes it with 1008 must not be dialed for ever.
TEST(auth, an_open_link_is_no_proof_until_it_lived) {
  for (const auto lived : {9s, 10s}) {
    provider p;
    fixture f(p.options());
    (void)f.ask();
    f.open();
    f.drop();
    EXPECT_EQ(f.fail(errc::unauthorized, phase::open).what(), reaction::kind::retry);
    (void)f.ask();
    f.open();
    f.now += lived;
    f.drop();
    EXPECT_EQ(f.fail(errc::unauthorized, phase::open).passes(), lived < 10s);
  }
}

TEST(auth, other_errors_are_none_of_its) {
  provider p;
  fixture f(p.options());
  (void)f.ask();
  for (const hawser::error_code& e : std::initializer_list<hawser::error_code>{
           errc::dropped, tls_errc::client_certificate, errc::unavailable}) {
    EXPECT_TRUE(f.fail(e).passes());
  }
  (void)f.ask();
  EXPECT_EQ(p.asked, 1);
}

TEST(auth, a_live_link_is_told_a_new_token_if_the_adapter_can) {
  provider p;
  fixture f(p.options());
  f.link.hooks = bit(hawser::hook::renewed);
  (void)f.ask();
  const time_point begin = f.now;
  f.open();
  ASSERT_TRUE(f.wake());
  EXPECT_EQ(f.now, begin + 1h - 60s);
  EXPECT_EQ(f.kinds(), std::vector{effects::reauthenticate::name});
  ASSERT_TRUE(f.wake());
  EXPECT_EQ(f.now, begin + 1h - 45s) << "nobody answered: asked again";
  EXPECT_EQ(f.kinds(), std::vector{effects::reauthenticate::name});
  EXPECT_TRUE(f.ask(true).passes());
  EXPECT_EQ(f.sent(), "Authorization: Bearer t2");
  const time_point renewed = f.now;
  ASSERT_TRUE(f.wake());
  EXPECT_TRUE(f.done.empty());
  EXPECT_EQ(f.plugins.next_wake(), renewed + 1h - 60s);
}

TEST(auth, otherwise_the_link_is_replaced) {
  for (const bool wanted : {true, false}) {
    provider p;
    auto o = p.options();
    o.recycle_on_expiry = wanted;
    fixture f(o);
    (void)f.ask();
    f.open();
    ASSERT_TRUE(f.wake());
    EXPECT_EQ(f.kinds(),
              wanted ? std::vector{effects::recycle::name} : std::vector<std::string_view>{});
  }
}

TEST(auth, a_drop_cancels_the_refresh_and_that_of_a_predecessor_does_not) {
  provider p;
  fixture f(p.options());
  (void)f.ask();
  f.open();
  f.drop();
  EXPECT_EQ(f.plugins.next_wake(), hawser::never);
  f.open();
  const time_point due = f.plugins.next_wake();
  f.at([&](hawser::context& c) {
    f.plugins.drop(c, {.link = f.link.number - 1, .error = errc::closed, .replaced = true});
  });
  EXPECT_EQ(f.plugins.next_wake(), due);
}

// The token that a link was told is one thing, what is kept for its successor another.
TEST(auth, a_link_whose_successor_fell_is_still_to_be_replaced) {
  for (const bool opens : {true, false}) {
    provider p;
    fixture f(p.options());
    (void)f.ask();
    f.open();
    ASSERT_TRUE(f.wake());
    ASSERT_EQ(f.kinds(), std::vector{effects::recycle::name});
    EXPECT_TRUE(f.ask().passes());
    EXPECT_EQ(f.sent(), "Authorization: Bearer t2");
    const time_point fell = f.now;
    if (opens) {
      const std::vector<header> none;
      const hawser::open_info successor{
          .link = f.link.number + 1, .subprotocol = {}, .headers = none, .successor = true};
      f.at([&](hawser::context& c) { f.plugins.open(c, successor); });
      f.at([&](hawser::context& c) {
        f.plugins.drop(c, {.link = successor.link, .error = errc::dropped});
      });
    }
    ASSERT_TRUE(f.wake());
    EXPECT_EQ(f.kinds(), std::vector{effects::recycle::name}) << opens;
    EXPECT_EQ(f.now, fell + 15s) << "not at once: it may fall again";
    f.drop();
    EXPECT_EQ(f.plugins.next_wake(), hawser::never);
  }
}

// A successor that logs in does not hinder the renewal of its predecessor, which may have to stay.
TEST(auth, a_predecessor_that_was_told_a_new_token_keeps_it_if_its_successor_falls) {
  provider p;
  fixture f(p.options());
  f.link.hooks = bit(hawser::hook::renewed);
  (void)f.ask();
  f.open();
  const std::uint64_t successor = f.link.number + 1;
  f.at([&](hawser::context& c) {
    const std::vector<header> none;
    f.plugins.open(c, {.link = successor, .subprotocol = {}, .headers = none, .successor = true});
  });
  f.now += 1h - 60s;
  EXPECT_TRUE(f.ask(true).passes());
  EXPECT_EQ(f.sent(), "Authorization: Bearer t2");
  const time_point renewed = f.now;
  f.at([&](hawser::context& c) { f.plugins.drop(c, {.link = successor, .error = errc::dropped}); });
  EXPECT_EQ(f.plugins.next_wake(), renewed + 1h - 60s) << "the link has the newer token";
}

TEST(auth, a_ticket_may_bring_the_token_of_a_live_link) {
  std::optional<token_ticket> ticket;
  fixture f({.fetch = [&](token_ticket t) { ticket.emplace(std::move(t)); }});
  f.link.hooks = bit(hawser::hook::renewed);
  (void)f.ask();
  ticket->grant({"first", 1h});
  f.open();
  ASSERT_TRUE(f.wake());
  EXPECT_EQ(f.ask(true).what(), grant::kind::pending);
  const time_point asked = f.now;
  f.now += 1s;
  ticket->grant({"second", 1h});
  EXPECT_EQ(f.sent(), "Authorization: Bearer second");
  ASSERT_TRUE(f.wake());
  EXPECT_TRUE(f.done.empty());
  EXPECT_EQ(f.plugins.next_wake(), asked + 1h - 60s);
}

TEST(auth, nothing_of_a_token_is_logged) {
  provider p;
  fixture f(p.options());
  hawser::test::line_sink lines(hawser::log_level::trace);
  f.sink = &lines;
  (void)f.ask();
  f.open();
  for (int i = 0; i < 5; ++i) f.wake();
  (void)f.fail();
  f.drop();
  EXPECT_TRUE(lines.lines.empty());
}

TEST(auth, tells_how_it_is_and_no_token) {
  std::optional<token_ticket> ticket;
  fixture f({.fetch = [&](token_ticket t) { ticket.emplace(std::move(t)); }});
  const auto told = [&] { return f.told<auth>(); };
  EXPECT_EQ(told(), "token no");
  (void)f.ask();
  f.now += 2s;
  EXPECT_EQ(told(), "token no, asked 2.0 s ago");
  ticket->grant({"s3cr3t", 1h});
  EXPECT_EQ(told(), "token no") << "it is looked at when it is wanted";
  f.open();
  EXPECT_EQ(told(), "token yes, refresh in 58 min");
  f.drop();
  (void)f.fail();
  EXPECT_EQ(told(), "token no, refused yes");
  (void)f.ask();
  ticket->grant({"other", 0s});
  (void)f.ask();
  EXPECT_EQ(told(), "token yes");
}

TEST(auth, options_out_of_range_are_refused) {
  provider p;
  EXPECT_EQ(words_of(auth().validate()), "auth: either provide or fetch must be given");
  auto o = p.options();
  o.fetch = [](token_ticket) {};
  EXPECT_EQ(auth(o).validate().error().code, errc::invalid_option);
  for (const hawser::duration wrong : {hawser::duration(-1s), hawser::duration(25h)}) {
    o = p.options();
    o.refresh_ahead = wrong;
    EXPECT_EQ(words_of(auth(o).validate()),
              "auth: refresh_ahead must be from 0 to 24 h, stable not negative");
  }
  o = p.options();
  o.stable = -1s;
  EXPECT_FALSE(auth(o).validate());
  o = p.options();
  o.field = "";
  EXPECT_EQ(words_of(auth(o).validate()), "auth: field must be the name of a header");
  EXPECT_TRUE(auth(p.options()).validate());
}

}  // namespace auth_test
