// The table of docs/behaviors.md: what ends a client, and when it is tried again, by what ended the
// attempt or the link. Its rows in their order.
#include <hawser/hawser.hpp>
#include <hawser/testkit.hpp>

#include <gtest/gtest.h>

#include <functional>
#include <stdexcept>
#include <string>
#include <vector>

namespace status_table_test {

using namespace hawser;
using namespace std::chrono_literals;

// What a program's own plug-in may do to an attempt.
struct trouble : behavior<trouble, on::connecting> {
  enum class kind { none, throws, refuses, cannot_be_sent };
  kind what = kind::none;
  std::string token = "t1";
  admission on_connecting(context&, handshake& h) {
    if (what == kind::throws) throw std::runtime_error("no");
    if (what == kind::refuses) return admission::refuse(errc::refused_by_hook);
    if (what == kind::cannot_be_sent) h.headers.push_back({"X", "a\r\nb"});
    h.headers.push_back({"Authorization", token});
    return admission::go();
  }
};
struct member : adapter<member, on::message> {
  verdict on_message(context&, const inbound&) { return handled; }
};
// As resilient_client.
using kit =
    testkit::harness<member, trace, heartbeat, recycle, trouble, circuit_breaker, reconnect>;

// From the failure to the next attempt.
struct pause {
  duration least;
  duration most;
  std::string name;
};
const std::string secure = "wss://peer.test/";

const pause ends{-1s, -1s, "ends"};
const pause soon{0s, 2s, "after the delay"};  // the second of them
const pause busy{5s, 35s, "a pause for a busy server"};
const pause told{100s, 150s, "Retry-After"};
const pause slow{5min, 10min, "slow_retry"};
const pause withheld{30min, 1h, "slow_cap"};

// Makes the next attempt fail, or ends the link.
using fault = std::function<void(kit&)>;
struct row {
  std::string name;
  std::vector<fault> faults;
  pause worked;
  pause never;
  std::string url = "ws://peer.test/";
};

fault refuse(int status, std::vector<header> headers = {}) {
  return [=](kit& h) { h.refuse(status, headers); };
}
std::vector<fault> refuse_each(std::initializer_list<int> statuses) {
  std::vector<fault> all;
  for (const int s : statuses) all.push_back(refuse(s));
  return all;
}
std::vector<fault> fail_each(phase at, std::initializer_list<error_code> errors) {
  std::vector<fault> all;
  for (const error_code& e : errors) all.push_back([=](kit& h) { h.fail_next(at, e); });
  return all;
}
std::vector<fault> operator+(std::vector<fault> a, const std::vector<fault>& b) {
  a.insert(a.end(), b.begin(), b.end());
  return a;
}
fault be(trouble::kind k) {
  return [=](kit& h) { h.get<trouble>().what = k; };
}
std::vector<fault> close_each(std::initializer_list<int> codes) {
  std::vector<fault> all;
  for (const int c : codes) {
    all.push_back([=](kit& h) { h.peer_closes(static_cast<close_code>(c)); });
  }
  return all;
}
const fault own_close = [](kit& h) {
  (void)h.run([](member&, context& c) { c.close(close_code::normal); });
};

reconnect::options defaults() {
  // Each pause has a range of its own.
  return {.slow_retry = 10min, .slow_cap = 1h, .seed = 1};
}
template <class F>
reconnect::options with(F&& change) {
  auto o = defaults();
  change(o);
  return o;
}

// What becomes of the client within a second of its failure, which was up to a second ago.
void expect(kit& h, const pause& p) {
  const explanation e = h.client().explain();
  if (p.least < 0s) {
    EXPECT_TRUE(h.end().has_value()) << p.name << '\n' << to_words(e);
    return;
  }
  EXPECT_FALSE(h.end().has_value()) << p.name << '\n' << to_words(e);
  if (h.open()) {
    EXPECT_EQ(p.least, 0s) << p.name << '\n' << to_words(e);
    return;
  }
  const duration next = e.next_attempt.value_or(-1h);
  EXPECT_GE(next, p.least - 1s) << p.name << '\n' << to_words(e);
  EXPECT_LE(next, p.most) << p.name << '\n' << to_words(e);
}

// The attempts that fail: of a client that had a link for a while, and of one that had none.
void check_attempts(const row& r, const reconnect::options& o = defaults()) {
  for (std::size_t i = 0; i < r.faults.size(); ++i) {
    SCOPED_TRACE(r.name + ", fault " + std::to_string(i));
    {
      kit h({.url = r.url}, member{}, reconnect(o));
      ASSERT_TRUE(h.connect());
      h.advance(1min);
      r.faults[i](h);
      h.drop();
      h.advance(1s);
      expect(h, r.worked);
    }
    kit h({.url = r.url}, member{}, reconnect(o));
    r.faults[i](h);
    (void)h.connect(1s);
    expect(h, r.never);
  }
}

// The links that end: after a while, and the first one at once.
void check_links(const row& r, const reconnect::options& o = defaults()) {
  for (std::size_t i = 0; i < r.faults.size(); ++i) {
    for (const bool worked : {true, false}) {
      SCOPED_TRACE(r.name + ", fault " + std::to_string(i) + (worked ? "" : " at once"));
      kit h({.url = r.url}, member{}, reconnect(o));
      ASSERT_TRUE(h.connect());
      if (worked) h.advance(1min);
      r.faults[i](h);
      h.advance(1s);
      expect(h, worked ? r.worked : r.never);
    }
  }
}

TEST(status_table, what_cannot_be_reached_is_retried_after_the_delay) {
  check_attempts({"refused, timeout, 5xx",
                  refuse_each({500, 501, 502, 504, 505, 507, 511, 520, 521, 530, 599}) +
                      fail_each(phase::resolving, {errc::resolve_timeout}) +
                      fail_each(phase::connecting, {errc::connect_timeout}) +
                      fail_each(phase::upgrading, {errc::upgrade_timeout, errc::upgrade_malformed,
                                                   errc::upgrade_too_big, errc::dropped}),
                  soon, soon});
  check_attempts(
      {"TLS that breaks",
       fail_each(phase::securing, {errc::secure_timeout, tls_errc::truncated, tls_errc::malformed,
                                   tls_errc::failed, tls_errc::not_yet_valid}),
       soon, soon, secure});
  check_links({"reset, closed",
               close_each({1001, 1002, 1003, 1007, 1009, 1010, 1011, 1014, 3000, 4000, 4999}) +
                   std::vector<fault>{[](kit& h) { h.drop(); },
                                      [](kit& h) { h.drop(tls_errc::truncated); }},
               soon, soon});
}

TEST(status_table, a_busy_server_is_left_alone) {
  check_attempts({"busy", refuse_each({429, 503}), busy, busy});
  check_links({"busy", close_each({1012, 1013}), busy, busy});
  const header after{"Retry-After", "100"};
  check_attempts(
      {"told",
       {refuse(429, {after}), refuse(503, {after}), refuse(502, {after}), refuse(500, {after})},
       told,
       told});
}

TEST(status_table, refused_credentials_that_worked_are_tried_again_slowly) {
  check_attempts({"401", refuse_each({401, 403, 407}), slow, ends});
  check_links({"1008", close_each({1008}), slow, ends});
}

TEST(status_table, refused_credentials_that_never_worked_are_held_back_until_they_change) {
  for (const int status : {401, 403, 407}) {
    SCOPED_TRACE(status);
    kit h(member{}, reconnect(defaults()));
    ASSERT_TRUE(h.connect());
    h.advance(1min);
    h.get<trouble>().token = "t2";
    h.refuse(status);
    h.drop();
    h.advance(1s);
    expect(h, withheld);
    h.get<trouble>().token = "t3";
    h.advance(10min);
    EXPECT_TRUE(h.open()) << "they have changed";
  }
}

TEST(status_table, other_refusals_are_tried_again_slowly_if_the_url_worked) {
  check_attempts({"404 and others",
                  refuse_each({200, 204, 300, 301, 302, 303, 304, 307, 308, 400, 402, 404, 405,
                               406, 408, 409, 410, 413, 418, 421, 425, 426, 431, 451, 499}),
                  slow, ends});
}

TEST(status_table, a_refused_certificate_is_tried_again_slowly_if_the_url_worked) {
  check_attempts(
      {"TLS",
       fail_each(phase::securing, {tls_errc::expired, tls_errc::wrong_name, tls_errc::untrusted,
                                   tls_errc::self_signed, tls_errc::no_alternative_name,
                                   tls_errc::wrong_pin, tls_errc::weak, tls_errc::version}),
       slow, ends, secure});
}

TEST(status_table, what_this_program_refuses_ends) {
  using kind = trouble::kind;
  check_attempts(
      {"own", {be(kind::throws), be(kind::refuses), be(kind::cannot_be_sent)}, ends, ends});
}

TEST(status_table, an_orderly_close_of_the_peer_is_followed_unless_said_otherwise) {
  row r{"1000", close_each({1000, 1005}), soon, soon};
  check_links(r);
  r.worked = r.never = ends;
  check_links(r, with([](auto& o) { o.after_normal_close = false; }));
}

TEST(status_table, an_orderly_close_of_our_own_ends_unless_said_otherwise) {
  row r{"own 1000", {own_close}, ends, ends};
  check_links(r);
  r.worked = r.never = soon;
  check_links(r, with([](auto& o) { o.after_own_close = true; }));
}

// The options of the two columns.
TEST(status_table, both_columns_can_be_chosen) {
  const auto both_end = with([](auto& o) { o.refused_after_success = reconnect::refused::end; });
  check_attempts({"both end", refuse_each({401, 404}), ends, ends}, both_end);
  check_attempts(
      {"both end, TLS", fail_each(phase::securing, {tls_errc::expired}), ends, ends, secure},
      both_end);
  const auto never_end =
      with([](auto& o) { o.refused_before_success = reconnect::refused::slow_retry; });
  check_attempts({"none ends", refuse_each({404}), slow, slow}, never_end);
  check_attempts({"none ends, credentials", refuse_each({401}), slow, withheld}, never_end);
  using kind = trouble::kind;
  check_attempts({"none ends, own",
                  {be(kind::throws), be(kind::refuses), be(kind::cannot_be_sent)},
                  slow,
                  slow},
                 never_end);
}

}  // namespace status_table_test
