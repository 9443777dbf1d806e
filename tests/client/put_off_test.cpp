// An attempt that is put off, because its credentials were refused or a plug-in wants to wait, is
// none: nobody tells of it, nobody counts it, and it keeps nothing that another client needs.
#include <hawser/behaviors/circuit_breaker.hpp>
#include <hawser/behaviors/reconnect.hpp>
#include <hawser/behaviors/trace.hpp>
#include <hawser/testkit.hpp>

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <algorithm>
#include <array>
#include <optional>
#include <string>

namespace put_off_test {

using namespace hawser;
using namespace std::chrono_literals;
using ::testing::HasSubstr;
using kind = circuit::kind;

// Where the credentials come from.
enum class source { hook, ticket, connecting };

// What the test may change while the client runs.
struct account {
  source from = source::hook;
  std::string value = "Bearer old";
  std::optional<auth_ticket> ticket = {};
  header field() const { return {"Authorization", value}; }
};

struct member : adapter<member, on::connecting, on::authenticate> {
  explicit member(account* of) : who(of) {}
  account* who;

  admission on_connecting(context&, handshake& h) {
    if (who->from == source::connecting) h.headers.push_back(who->field());
    return admission::go();
  }
  grant on_authenticate(context&, auth_request& a) {
    if (who->from == source::ticket) {
      who->ticket.emplace(a.defer());
      return grant::pending();
    }
    if (who->from == source::hook) a.request.headers.push_back(who->field());
    return grant::ready();
  }
};

// One that does not answer on::authenticate at all.
struct plain : adapter<plain, on::message> {
  verdict on_message(context&, const inbound&) { return handled; }
};

// Another client's seats at the circuit.
struct others {
  std::shared_ptr<shared_circuit> circuit = std::make_shared<shared_circuit>();
  std::array<hawser::circuit::seat, 2> seats;
  jitter random{1};

  void open_it(time_point now) {
    circuit->use([&](hawser::circuit& c) {
      for (std::size_t i = 0; i < 10; ++i) (void)c.ask(seats[i % 2], now, {}, random);
      for (std::size_t i = 0; i < 10; ++i) (void)c.failed(seats[i % 2], now, {}, random);
    });
    EXPECT_EQ(state(), kind::open);
  }
  kind state() {
    return circuit->use([](hawser::circuit& c) { return c.state(); });
  }
  bool may_probe(time_point now) {
    return circuit->use([&](hawser::circuit& c) { return c.ask(seats[0], now, {}, random).probe; });
  }
};

template <class Adapter>
struct put_off : others {
  using kit = testkit::harness<Adapter, trace, circuit_breaker, reconnect>;

  put_off(Adapter a, options o = {.url = "ws://peer.test/"})
      : h(std::move(o), std::move(a), circuit_breaker({.circuit = circuit}),
          reconnect({.refused_before_success = reconnect::refused::slow_retry, .seed = 1})) {}

  auto told() const {
    return std::count_if(h.log().begin(), h.log().end(), [](const std::string& line) {
      return line.find("connecting attempt=") != line.npos;
    });
  }
  // The server refuses the credentials; then it cannot be reached by the others.
  void refused() {
    h.refuse(401);
    EXPECT_FALSE(h.connect(1s));
    EXPECT_EQ(told(), 1);
    open_it(h.now());
  }
  // As after the refusal.
  void expect_no_attempt() {
    EXPECT_EQ(told(), 1);
    EXPECT_EQ(h.requests().size(), 1u);
    EXPECT_EQ(h.client().snapshot().attempts, 1u);
    const explanation e = h.client().explain();
    EXPECT_EQ(e.at, phase::waiting);
    EXPECT_EQ(e.attempts, 1u);
    EXPECT_EQ(e.step(attempt_step::resolve).what, step_record::state::done);
    EXPECT_EQ(e.step(attempt_step::upgrade).what, step_record::state::failed);
    EXPECT_EQ(e.last.value().status, 401);
    EXPECT_GE(e.next_attempt.value(), 450s - 2min) << "slow_cap, though it looks before";
    EXPECT_EQ(state(), kind::open) << "the probe is not out";
    EXPECT_TRUE(may_probe(h.now()));
  }

  kit h;
};

TEST(put_off, refused_credentials_give_the_probe_back_and_are_no_attempt) {
  for (const source from : {source::hook, source::ticket, source::connecting}) {
    SCOPED_TRACE(static_cast<int>(from));
    account mine{.from = from};
    put_off<member> f{member(&mine)};
    const auto answer = [&] {
      if (!mine.ticket) return;
      std::exchange(mine.ticket, std::nullopt)->grant({mine.field()});
      f.h.settle();
    };
    f.h.refuse(401);
    EXPECT_FALSE(f.h.connect(0s));
    answer();
    f.open_it(f.h.now());
    EXPECT_GE(f.h.client().explain().next_attempt.value(), 450s - 1s);
    // It looks whether there are others after slow_retry, and must not dial.
    for (int i = 0; i < 60 && !mine.ticket; ++i) f.h.advance(1s);
    if (from == source::ticket) {
      EXPECT_EQ(f.state(), kind::half_open) << "it waits for the token of its probe";
    }
    answer();
    f.expect_no_attempt();
  }
}

// No plug-in is asked for them: they are in the options.
TEST(put_off, credentials_of_the_options_are_withheld_too) {
  put_off<plain> f{plain{},
                   {.url = "ws://peer.test/", .headers = {{"Authorization", "Bearer old"}}}};
  f.refused();
  f.h.advance(1min);
  f.expect_no_attempt();
}

TEST(put_off, credentials_that_have_changed_are_an_attempt) {
  account mine;
  put_off<member> f{member(&mine)};
  f.refused();
  mine.value = "Bearer new";
  EXPECT_TRUE(f.h.connect(1min));
  EXPECT_EQ(f.told(), 2) << "told once";
  EXPECT_THAT(f.h.log(), ::testing::Contains(HasSubstr("connecting attempt=2")));
  EXPECT_EQ(f.h.client().snapshot().attempts, 2u);
  EXPECT_EQ(f.state(), kind::closed) << "it was the probe";
}

// They have not been shown since, but something else was tried: their time is not the client's.
TEST(put_off, what_is_withheld_is_not_told_once_other_credentials_were_shown) {
  account mine;
  put_off<member> f{member(&mine)};
  f.h.refuse(401);
  EXPECT_FALSE(f.h.connect(1s));
  mine.value = "Bearer new";
  f.h.fail_next(phase::connecting, errc::connect_timeout);
  for (int i = 0; i < 60 && f.h.client().snapshot().attempts < 2; ++i) f.h.advance(1s);
  EXPECT_EQ(f.h.client().snapshot().attempts, 2u);
  EXPECT_LE(f.h.client().explain().next_attempt.value_or(0s), 2s);
}

// Whoever stands behind circuit_breaker and wants to wait.
struct hesitant : behavior<hesitant, on::connecting> {
  bool waits = true;
  admission on_connecting(context& c, handshake&) {
    return waits ? admission::wait_until(c.now() + 90s) : admission::go();
  }
};

TEST(put_off, a_plug_in_that_lets_the_probe_wait_gives_it_back) {
  others all;
  testkit::harness<plain, circuit_breaker, hesitant, reconnect> h(
      plain{}, circuit_breaker({.circuit = all.circuit}));
  all.open_it(h.now());
  EXPECT_FALSE(h.connect(2s));
  EXPECT_EQ(all.state(), kind::open);
  h.get<hesitant>().waits = false;
  EXPECT_TRUE(h.connect(2min));
  EXPECT_EQ(all.state(), kind::closed);
}

}  // namespace put_off_test
