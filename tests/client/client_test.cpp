// The client's handle, without a link.
#include <hawser/client.hpp>

#include "support/line_log.hpp"

#include <gtest/gtest.h>

#include <memory>
#include <string>
#include <utility>

namespace client_test {

using namespace std::chrono_literals;
using hawser::context;
using hawser::errc;
using hawser::framing_errc;
namespace on = hawser::on;

// Nothing listens there.
const hawser::options nowhere{.url = "ws://127.0.0.1:1"};

// Never dials; ends when it wakes.
struct sleeper : hawser::adapter<sleeper, on::connecting, on::wake> {
  int asked = 0;
  hawser::admission on_connecting(context& c, hawser::handshake&) {
    if (++asked > 1) return hawser::admission::refuse(errc::unavailable);
    return hawser::admission::wait_until(c.now() + 10s);
  }
  void on_wake(context& c, const hawser::wake_info&) { c.stop(); }
};

TEST(clients, a_task_may_set_the_wake_of_the_adapter) {
  hawser::client<sleeper> client{nowhere};
  hawser::time_point seen = hawser::time_point{};
  ASSERT_TRUE(client.submit([&](sleeper&, context& c) {
    seen = c.wake_time();
    c.wake_at(c.now());
  }));
  EXPECT_FALSE(client.run()) << "nobody woke it";
  EXPECT_EQ(seen, hawser::never);
}

template <int N>
struct numbered : hawser::behavior<numbered<N>, on::wake> {
  int set = 0;
  void on_wake(context&, const hawser::wake_info&) {}
};

TEST(clients, takes_some_of_its_behaviors_in_any_order_and_makes_the_rest) {
  using one = numbered<1>;
  using two = numbered<2>;
  using three = numbered<3>;
  hawser::client<sleeper, one, two, three> some{nowhere, sleeper{}, three{{}, 3}, one{{}, 1}};
  EXPECT_EQ(some.get<one>().set, 1);
  EXPECT_EQ(some.get<two>().set, 0);
  EXPECT_EQ(some.get<three>().set, 3);
  hawser::client<sleeper, one, two> all{nowhere, {}, {{}, 1}, {{}, 2}};
  EXPECT_EQ(all.get<two>().set, 2);
  hawser::client<sleeper, one, two> shared{std::make_shared<hawser::io::loop>(), nowhere, sleeper{},
                                           two{{}, 2}};
  EXPECT_EQ(shared.get<two>().set, 2);
  EXPECT_EQ(shared.get<one>().set, 0);
}

struct refuser : hawser::adapter<refuser, on::connecting> {
  hawser::admission on_connecting(context&, hawser::handshake&) {
    return hawser::admission::refuse(errc::unavailable);
  }
};

TEST(clients, protection_that_its_url_does_not_give_is_warned_of) {
  const std::string pin = "sha256//" + std::string(43, 'A') + "=";
  for (const auto& [url, warned] :
       {std::pair{"ws://127.0.0.1:1/", 1u}, {"wss://127.0.0.1:1/", 0u}}) {
    const auto log = std::make_shared<hawser::test::line_log>();
    hawser::client<refuser> client{{.url = url, .tls = {.pins = {pin}}, .log = log}};
    EXPECT_TRUE(client.run()) << "refused";
    EXPECT_EQ(log->count("tls.pins: not used, ws:// protects nothing; wss:// does"), warned);
  }
}

// Both tickets of one attempt are finished before the engine hears of either.
struct undecided : hawser::adapter<undecided, on::authenticate> {
  hawser::grant on_authenticate(context&, hawser::auth_request& a) {
    auto first = a.defer();
    auto second = a.defer();
    first.grant({});
    second.refuse(errc::unauthorized);
    return hawser::grant::pending();
  }
};

TEST(clients, the_first_answer_of_a_ticket_counts) {
  hawser::client<undecided> client{nowhere};
  const auto ec = client.run();
  EXPECT_NE(ec, hawser::error_code(errc::unauthorized));
  EXPECT_EQ(client.snapshot().attempts, 1u) << client.last_detail();
  EXPECT_NE(client.last_detail().find("connect 127.0.0.1:1"), std::string::npos)
      << client.last_detail();
}

TEST(clients, a_text_that_is_not_utf8_is_not_taken) {
  hawser::client<sleeper> client{nowhere};
  EXPECT_EQ(client.send("\xFF").error(), framing_errc::bad_utf8);
  hawser::buffer kept(hawser::as_bytes("\xFF"));
  EXPECT_EQ(client.send(std::move(kept), hawser::opcode::text).error(), framing_errc::bad_utf8);
  EXPECT_EQ(hawser::as_text(kept.view()), "\xFF");
  EXPECT_EQ(client.send(std::move(kept)).error(), errc::not_connected) << "binary may be anything";
}

}  // namespace client_test
