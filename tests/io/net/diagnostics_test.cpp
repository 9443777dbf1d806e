// explain(), diagnostics() and diagnose_all() of clients that run, from threads and from hooks.
#include <hawser/client.hpp>
#include <hawser/testkit.hpp>

#include "support/acceptor_host.hpp"
#include "support/line_log.hpp"
#include "support/program_fixture.hpp"
#include "support/raw_server.hpp"

#include <boost/asio/error.hpp>

#include <future>

namespace hawser::test {
namespace diagnostics_test {

using namespace std::chrono_literals;
using ::testing::HasSubstr;

struct listener : adapter<listener, on::ready, on::message> {
  std::function<void()> when_ready;
  std::function<void()> when_told;

  void on_ready(context&, const ready_info&) {
    if (when_ready) when_ready();
  }
  verdict on_message(context&, const inbound&) {
    if (when_told) when_told();
    return handled;
  }
  void describe(description& d) const { d.add("mood", "attentive"); }
};

// A client on a thread of its own.
class running {
 public:
  explicit running(options o, std::function<void()> when_told = {}) : client(std::move(o)) {
    client.get<listener>().when_ready = [this] { ready_.set_value(); };
    client.get<listener>().when_told = std::move(when_told);
    thread_ = std::thread([this] { client.run(); });
  }
  ~running() {
    client.stop();
    client.stop();
    thread_.join();
  }
  bool wait_ready() { return ready_.get_future().wait_for(patience) == std::future_status::ready; }

  hawser::client<listener> client;

 private:
  std::promise<void> ready_;
  std::thread thread_;
};

TEST(explain, an_open_link_says_so) {
  acceptor_host host;
  running r({.url = host.url()});
  ASSERT_TRUE(r.wait_ready());
  const explanation e = r.client.explain();
  EXPECT_EQ(e.endpoint, host.url());
  EXPECT_EQ(e.step(attempt_step::upgrade).what, step_record::state::done);
  EXPECT_EQ(e.step(attempt_step::login).what, step_record::state::not_reached);
  EXPECT_FALSE(e.last);
}

// Logs in, and never hears of it.
struct unheard : adapter<unheard, on::open> {
  void on_open(context& c, const open_info&) { c.begin_login(); }
};

TEST(explain, a_login_is_a_step_and_its_failure_told) {
  acceptor_host host;
  client<unheard> c{{.url = host.url(), .deadlines = {.authenticate = 50ms}}};
  EXPECT_EQ(c.run(), errc::auth_timeout);
  const explanation e = c.explain();
  ASSERT_TRUE(e.last);
  EXPECT_TRUE(e.last->in_login);
  EXPECT_EQ(e.step(attempt_step::login).what, step_record::state::failed);
  EXPECT_GE(e.step(attempt_step::login).took, 50ms);
}

TEST(explain, options_that_cannot_be_used_are_the_cause) {
  client<listener> c{{.url = "nonsense"}};
  EXPECT_EQ(c.run(), errc::invalid_url);
  EXPECT_EQ(c.explain().verdict.what, suspicion::misconfiguration);
  EXPECT_THAT(to_words(c.explain()), HasSubstr("detail: url: must begin with ws:// or wss://"));
}

TEST(explain, a_name_that_does_not_exist_is_no_name_server_that_is_silent) {
  const std::pair<error_code, const char*> answers[] = {
      {boost::asio::error::host_not_found, "misconfiguration: the name never resolved"},
      {boost::asio::error::host_not_found_try_again, "unsure: no answer from the name service"}};
  for (const auto& [ec, words] : answers) {
    testkit::harness<listener> h;
    h.fail_next(phase::resolving, ec);
    EXPECT_FALSE(h.connect());
    EXPECT_THAT(to_words(h.client().explain()), HasSubstr(words));
  }
}

// Asks again after 10 minutes, and says how it is.
struct patient : behavior<patient, on::error> {
  reaction on_error(context&, const failure&) {
    ++failures;
    return reaction::retry_after(10min);
  }
  void describe(description& d) const { d.add("failures", failures); }
  int failures = 0;
};

TEST(explain, the_next_attempt_and_the_plugins_are_told) {
  const auto log = std::make_shared<line_log>();
  client<listener, patient> c{{.url = nobody, .log = log}};
  std::thread t([&] { c.run(); });
  EXPECT_TRUE(comes_true([&] { return c.explain().next_attempt.has_value(); }));
  const explanation e = c.explain();
  EXPECT_GT(e.next_attempt.value_or(0s), 9min);
  EXPECT_EQ(e.step(attempt_step::connect).what, step_record::state::failed);
  EXPECT_THAT(to_words(e), HasSubstr("patient: failures 1"));
  c.stop();
  t.join();
}

TEST(diagnostics, a_running_client_tells_all_of_it) {
  acceptor_host host;
  running r({.url = host.url(), .name = "feed"});
  ASSERT_TRUE(r.wait_ready());
  ASSERT_TRUE(r.client.send("x"));
  ASSERT_TRUE(comes_true([&] { return r.client.snapshot().received == 1; }));
  const client_diagnostics d = r.client.diagnostics(patience);
  EXPECT_TRUE(d.fresh);
  EXPECT_EQ(d.name, "feed");
  ASSERT_EQ(d.plugins.size(), 1u);
  EXPECT_THAT(d.plugins[0].to_words({}), HasSubstr("listener: mood attentive"));
  EXPECT_THAT(d.routing, HasSubstr("message: "));
  EXPECT_TRUE(d.why.ready);
  ASSERT_EQ(d.links.size(), 1u);
  EXPECT_EQ(d.links[0].number, 1u);
  EXPECT_TRUE(d.links[0].ready);
  EXPECT_GT(d.memory, 0u);
  EXPECT_EQ(d.sent, 1u);
  EXPECT_EQ(d.received, 1u);
  EXPECT_TRUE(d.warnings.empty());
}

TEST(diagnostics, before_the_run_nobody_is_asked) {
  client<listener> c{{.url = "ws://example.net/x"}};
  const client_diagnostics d = c.diagnostics(patience);
  EXPECT_FALSE(d.fresh);
  EXPECT_EQ(d.name, "example.net");
  EXPECT_EQ(d.why.at, phase::idle);
}

TEST(diagnostics, after_the_end_the_last_state_is_told) {
  client<listener> c{{.url = nobody}};
  EXPECT_TRUE(c.run());
  const client_diagnostics d = c.diagnostics(patience);
  EXPECT_FALSE(d.fresh);
  EXPECT_EQ(d.why.at, phase::stopped);
  EXPECT_EQ(d.attempts, 1u);
  EXPECT_EQ(d.plugins.size(), 1u);
}

TEST(diagnostics, a_hook_is_answered_at_once) {
  acceptor_host host;
  std::promise<std::pair<client_diagnostics, std::size_t>> seen;
  running* self = nullptr;
  running r({.url = host.url()}, [&] {
    client_diagnostics own = self->client.diagnostics(patience);
    std::size_t fresh = 0;
    for (const auto& d : diagnose_all(patience)) fresh += d.fresh;
    seen.set_value({std::move(own), fresh});
  });
  self = &r;
  ASSERT_TRUE(r.wait_ready());
  ASSERT_TRUE(r.client.send("x"));
  auto got = seen.get_future();
  ASSERT_EQ(got.wait_for(patience / 2), std::future_status::ready) << "it waits for itself";
  const auto [own, fresh] = got.get();
  EXPECT_TRUE(own.fresh);
  EXPECT_EQ(fresh, 1u);
}

TEST(diagnostics, a_client_that_is_stuck_holds_nobody_up) {
  acceptor_host host;
  std::promise<void> entered;
  std::promise<void> gate;
  running r({.url = host.url()}, [&] {
    entered.set_value();
    gate.get_future().wait();
  });
  ASSERT_TRUE(r.wait_ready());
  ASSERT_TRUE(r.client.send("x"));
  entered.get_future().wait();
  for (int i = 0; i < 3; ++i) {
    const client_diagnostics d = r.client.diagnostics(5ms);
    EXPECT_FALSE(d.fresh);
    EXPECT_EQ(d.why.at, phase::open);
    EXPECT_EQ(d.received, 1u);
  }
  // From another thread, while it is stuck.
  EXPECT_TRUE(comes_true([&] { return r.client.explain().running.has_value(); }));
  EXPECT_THAT(to_words(r.client.explain()), HasSubstr("hook message of "));
  EXPECT_THAT(to_words(r.client.explain()), HasSubstr("listener runs since "));
  EXPECT_THAT(r.client.diagnostics(5ms).warnings, ::testing::Contains(HasSubstr("runs since")));
  EXPECT_THAT(r.client.make_health_check(5ms)().text,
              ::testing::MatchesRegex("the client's thread does not answer: hook message of .*"));
  gate.set_value();
  EXPECT_TRUE(r.client.diagnostics(patience).fresh);
  EXPECT_FALSE(r.client.explain().running);
}

TEST(diagnostics, all_clients_are_listed_from_their_construction_to_their_end) {
  EXPECT_TRUE(diagnose_all().empty());
  acceptor_host host;
  {
    running a({.url = host.url(), .name = "a"});
    client<listener> b{{.url = nobody, .name = "b"}};
    ASSERT_TRUE(a.wait_ready());
    const auto all = diagnose_all(patience);
    ASSERT_EQ(all.size(), 2u);
    EXPECT_EQ(all[0].name, "a");
    EXPECT_TRUE(all[0].fresh);
    EXPECT_EQ(all[1].name, "b");
    EXPECT_FALSE(all[1].fresh);
  }
  EXPECT_TRUE(diagnose_all().empty());
}

TEST(diagnostics, clients_may_come_and_go_while_all_are_asked) {
  acceptor_host host;
  std::atomic<bool> over{false};
  std::thread asking([&] {
    while (!over) (void)to_json(diagnose_all());
  });
  for (int i = 0; i < 50; ++i) {
    running r({.url = host.url()});
    if (i % 2 == 0) {
      EXPECT_TRUE(r.wait_ready());
    }
  }
  over = true;
  asking.join();
}

// Does not read, so that what is sent waits.
TEST(diagnostics, a_long_queue_is_warned_of_once_per_crossing) {
  std::promise<void> done;
  raw_server deaf([&](const raw_server::link& l) {
    l.accept_upgrade();
    done.get_future().wait();
  });
  const std::shared_ptr<void> wakes(nullptr, [&](void*) { done.set_value(); });
  const auto log = std::make_shared<line_log>(log_level::warn);
  {
    running r({.url = deaf.url(), .queue_warning = 10, .log = log});
    ASSERT_TRUE(r.wait_ready());
    const std::string large(1 << 20, 'x');
    for (int i = 0; i < 14; ++i) ASSERT_TRUE(r.client.send(large));
    for (int i = 0; i < 40; ++i) ASSERT_TRUE(r.client.send("small", lane::receipts));
    EXPECT_TRUE(log->wait_for("messages wait to be written, above queue_warning"));
    EXPECT_TRUE(comes_true([&] { return r.client.diagnostics(patience).queued >= 40; }));
    const client_diagnostics d = r.client.diagnostics(patience);
    ASSERT_EQ(d.links.size(), 1u);
    EXPECT_EQ(d.links[0].lanes[static_cast<std::size_t>(lane::receipts)].messages, 40u);
    EXPECT_EQ(d.links[0].lanes[static_cast<std::size_t>(lane::receipts)].bytes, 200u);
    EXPECT_GT(d.memory, std::size_t{1} << 20);
    ASSERT_EQ(d.warnings.size(), 1u);
    EXPECT_THAT(d.warnings[0], HasSubstr("above queue_warning (10)"));
    EXPECT_EQ(log->count("above queue_warning"), 1u);
    const health_answer a = r.client.make_health_check(patience)();
    EXPECT_FALSE(a.good);
    EXPECT_THAT(a.text, HasSubstr("above queue_warning"));
  }
}

TEST(diagnostics, the_health_of_a_client) {
  acceptor_host host;
  health_check check;
  {
    running r({.url = host.url()});
    ASSERT_TRUE(r.wait_ready());
    check = r.client.make_health_check(patience);
    EXPECT_TRUE(comes_true([&] { return check().good; }));
    EXPECT_EQ(check().text, "connected");
  }
  EXPECT_EQ(check().text, "the client is gone");
  client<listener> c{{.url = nobody}};
  c.run();
  const health_answer a = c.make_health_check()();
  EXPECT_FALSE(a.good);
  EXPECT_THAT(a.text, HasSubstr("not connected to ws://127.0.0.1:1"));
}

}  // namespace diagnostics_test
}  // namespace hawser::test
