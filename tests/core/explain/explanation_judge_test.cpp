// Every row of the table that tells a misconfiguration from an outage.
#include <hawser/core/explain/explanation.hpp>

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <cerrno>
#include <ostream>

namespace hawser {
namespace explanation_judge_test {

using ::testing::HasSubstr;

constexpr experience nothing{};
constexpr experience everything{true, true, true, true};

error_code os(int value) { return {value, boost::system::system_category()}; }

struct judged {
  const char* name;
  cause c;
  experience before;
  suspicion what;
  const char* words;  // a part of the reason
};

void PrintTo(const judged& j, std::ostream* out) { *out << j.name; }

class judgments : public ::testing::TestWithParam<judged> {};

TEST_P(judgments, tells_them_apart) {
  const judged& p = GetParam();
  const judgment j = judge(p.c, p.before);
  EXPECT_EQ(to_string(j.what), to_string(p.what)) << j.why;
  EXPECT_THAT(std::string(j.why), HasSubstr(p.words));
}

constexpr auto wrong = suspicion::misconfiguration;
constexpr auto down = suspicion::outage;
constexpr auto unsure = suspicion::unsure;
constexpr auto fine = suspicion::none;

cause upgrade(int status, error_code e) {
  return {.at = phase::upgrading, .error = e, .status = status};
}
cause linked(error_code e, close_code code = close_code::abnormal, bool login = false) {
  return {.at = phase::open, .error = e, .code = code, .in_login = login};
}

const judged rows[] = {
    {"stopped", {.at = phase::connecting, .error = errc::stopped}, nothing, fine, "asked for"},
    {"options", {.error = errc::invalid_option}, nothing, wrong, "options"},
    {"hook", {.at = phase::open, .error = errc::hook_threw}, everything, wrong, "plug-in"},
    {"bound", linked(framing_errc::message_too_big), everything, wrong, "a bound"},
    {"descriptors", {.at = phase::connecting, .error = os(EMFILE)}, everything, wrong, "machine"},

    {"name_now",
     {.at = phase::resolving, .error = os(1), .unknown_name = true},
     everything,
     down,
     "resolved before"},
    {"name_never",
     {.at = phase::resolving, .error = os(1), .unknown_name = true},
     nothing,
     wrong,
     "spelling"},
    {"names_gone",
     {.at = phase::resolving, .error = errc::resolve_timeout},
     everything,
     down,
     "answered before"},
    {"names_never",
     {.at = phase::resolving, .error = errc::resolve_timeout},
     nothing,
     unsure,
     "offline"},

    {"refused_now",
     {.at = phase::connecting, .error = os(ECONNREFUSED)},
     everything,
     down,
     "before"},
    {"refused_ever", {.at = phase::connecting, .error = os(ECONNREFUSED)}, nothing, unsure, "port"},
    {"silent_now",
     {.at = phase::connecting, .error = errc::connect_timeout},
     everything,
     down,
     "before"},
    {"silent_ever",
     {.at = phase::connecting, .error = errc::connect_timeout},
     nothing,
     unsure,
     "firewall"},
    {"no_route", {.at = phase::connecting, .error = os(EHOSTUNREACH)}, nothing, unsure, "route"},
    {"no_socket", {.at = phase::connecting, .error = os(ENOENT)}, nothing, wrong, "no such socket"},
    {"connect_other", {.at = phase::connecting, .error = os(EIO)}, nothing, unsure, "not tell"},

    {"expired", {.at = phase::securing, .error = tls_errc::expired}, nothing, wrong, "ahead"},
    {"early", {.at = phase::securing, .error = tls_errc::not_yet_valid}, nothing, wrong, "behind"},
    {"no_tls", {.at = phase::securing, .error = tls_errc::malformed}, nothing, wrong, "ws://"},
    {"no_certificate",
     {.at = phase::securing, .error = tls_errc::client_certificate},
     nothing,
     wrong,
     "client certificate"},
    {"no_certificate_late",
     {.at = phase::upgrading, .error = tls_errc::client_certificate},
     nothing,
     wrong,
     "client certificate"},
    {"other_name",
     {.at = phase::securing, .error = tls_errc::wrong_name},
     nothing,
     wrong,
     "at each attempt"},
    {"new_certificate",
     {.at = phase::securing, .error = tls_errc::untrusted},
     everything,
     wrong,
     "changed"},
    {"tls_now", {.at = phase::securing, .error = errc::dropped}, everything, down, "before"},
    {"tls_ever", {.at = phase::securing, .error = errc::secure_timeout}, nothing, unsure, "TLS"},

    {"status_401", upgrade(401, errc::unauthorized), nothing, wrong, "missing or wrong"},
    {"status_401_now", upgrade(401, errc::unauthorized), everything, wrong, "expired"},
    {"status_429", upgrade(429, errc::rate_limited), nothing, down, "limits"},
    {"status_503", upgrade(503, errc::unavailable), nothing, down, "cannot serve"},
    {"status_301", upgrade(301, errc::upgrade_refused), nothing, wrong, "redirects"},
    {"status_308", upgrade(308, errc::upgrade_refused), nothing, wrong, "redirects"},
    {"status_300", upgrade(300, errc::upgrade_refused), nothing, wrong, "no WebSocket"},
    {"status_304", upgrade(304, errc::upgrade_refused), nothing, wrong, "no WebSocket"},
    {"status_305", upgrade(305, errc::upgrade_refused), nothing, wrong, "no WebSocket"},
    {"status_306", upgrade(306, errc::upgrade_refused), nothing, wrong, "no WebSocket"},
    {"status_404", upgrade(404, errc::upgrade_refused), nothing, wrong, "path"},
    {"status_400_now", upgrade(400, errc::upgrade_refused), everything, wrong, "took it before"},
    {"status_200", upgrade(200, errc::upgrade_refused), nothing, wrong, "no WebSocket"},
    {"no_http", upgrade(0, errc::upgrade_malformed), nothing, wrong, "RFC 6455"},
    {"upgrade_now", upgrade(0, errc::upgrade_timeout), everything, down, "before"},
    {"upgrade_ever", upgrade(0, errc::dropped), nothing, unsure, "not answered"},

    {"no_token",
     {.at = phase::authenticating, .error = errc::auth_timeout},
     nothing,
     unsure,
     "in time"},
    {"token_refused",
     {.at = phase::authenticating, .error = errc::unauthorized},
     nothing,
     wrong,
     "has none"},

    {"closed_1000", linked(errc::closed, close_code::normal), everything, fine, "in order"},
    {"closed_empty", linked(errc::closed, close_code::no_status), everything, fine, "in order"},
    {"closed_by_us",
     {.at = phase::closing,
      .error = errc::closed,
      .code = close_code::going_away,
      .own_close = close_code::normal},
     everything,
     fine,
     "in order"},
    {"closed_by_us_4000",
     {.at = phase::closing,
      .error = errc::closed,
      .code = close_code(4000),
      .own_close = close_code(4000)},
     everything,
     unsure,
     "code"},
    {"closed_1008", linked(errc::unauthorized), everything, wrong, "policy"},
    {"login_silent", linked(errc::auth_timeout, {}, true), everything, unsure, "login"},
    {"closed_1013", linked(errc::unavailable), everything, down, "later"},
    {"login_dropped", linked(errc::dropped, close_code::abnormal, true), everything, unsure,
     "during the login"},
    {"closed_1001", linked(errc::closed, close_code::going_away), everything, down, "away"},
    {"closed_1011", linked(errc::closed, close_code::internal_error), everything, unsure, "code"},
    {"protocol", linked(framing_errc::reserved_bits), everything, unsure, "protocol"},
    {"lost", linked(errc::pong_timeout), everything, down, "lost"},
    {"elsewhere", {.at = phase::waiting, .error = errc::dropped}, nothing, unsure, "not tell"},
};

INSTANTIATE_TEST_SUITE_P(rows, judgments, ::testing::ValuesIn(rows),
                         [](const auto& p) { return std::string(p.param.name); });

}  // namespace explanation_judge_test
}  // namespace hawser
