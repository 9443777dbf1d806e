// The table that tells a misconfiguration from an outage.
#include <hawser/core/explain/explanation.hpp>

#include <cerrno>

namespace hawser {
namespace {

struct view {
  const cause& c;
  const experience& before;

  bool is(const error_code& e) const noexcept { return c.error == e; }
  template <class... E>
  bool any(E... e) const noexcept {
    return (is(e) || ...);
  }
  // Errors of the operating system come in either of its categories.
  bool is_system(int value) const noexcept {
    const auto& category = c.error.category();
    return c.error.value() == value && (category == boost::system::system_category() ||
                                        category == boost::system::generic_category());
  }
  bool unreachable() const noexcept { return is_system(ENETUNREACH) || is_system(EHOSTUNREACH); }
  bool silent() const noexcept { return is(errc::connect_timeout) || is_system(ETIMEDOUT); }
  bool absent() const noexcept {  // of a unix-domain socket
    return is_system(ENOENT) || is_system(EACCES) || is_system(EPERM);
  }
  bool status(int from, int to) const noexcept { return c.status >= from && c.status <= to; }
};

struct row {
  bool (*fits)(const view&) noexcept;
  judgment says;
};

// The first row that fits decides. A row of a phase ends with one that always fits, or falls
// through to the last.
constexpr row anywhere[] = {
    {[](const view& v) noexcept { return !v.c.error || v.c.error == condition::cancelled; },
     {suspicion::none, "the end was asked for"}},
    {[](const view& v) noexcept {
       return v.c.at < phase::open && ended_in_order(v.c.error, v.c.code, v.c.own_close);
     },
     {suspicion::none, "this program closed the client before there was a link"}},
    {[](const view& v) noexcept {
       return v.any(errc::invalid_url, errc::invalid_option, tls_errc::unusable_files);
     },
     {suspicion::misconfiguration, "the options of this client cannot be used"}},
    // In TLS 1.3 our handshake is over when the server says so (RFC 8446 section 4.4.2.4).
    {[](const view& v) noexcept { return v.is(tls_errc::client_certificate); },
     {suspicion::misconfiguration, "the server wants a client certificate, or another one"}},
    {[](const view& v) noexcept { return v.any(errc::hook_threw, errc::refused_by_hook); },
     {suspicion::misconfiguration, "a plug-in of this program refused or failed"}},
    {[](const view& v) noexcept { return v.c.error == condition::limit; },
     {suspicion::misconfiguration,
      "a bound of this client or machine was reached: it is too low, or the peer "
      "sends what it should not"}},
};

constexpr row resolving[] = {
    {[](const view& v) noexcept { return v.c.unknown_name && v.before.resolved; },
     {suspicion::outage, "the name is unknown now and resolved before: the name service changed"}},
    {[](const view& v) noexcept { return v.c.unknown_name; },
     {suspicion::misconfiguration, "the name never resolved: check its spelling"}},
    {[](const view& v) noexcept { return v.before.resolved; },
     {suspicion::outage, "no answer from the name service, which answered before"}},
    {[](const view&) noexcept { return true; },
     {suspicion::unsure,
      "no answer from the name service: this machine may be offline, or its name "
      "servers may be wrong"}},
};

constexpr row connecting[] = {
    {[](const view& v) noexcept { return v.before.connected; },
     {suspicion::outage, "the server accepted connections before"}},
    {[](const view& v) noexcept { return v.absent(); },
     {suspicion::misconfiguration, "there is no such socket, or no right to use it"}},
    {[](const view& v) noexcept { return v.is_system(ECONNREFUSED); },
     {suspicion::unsure,
      "nothing listens there: the port may be wrong, or the server down since before "
      "the start"}},
    {[](const view& v) noexcept { return v.silent(); },
     {suspicion::unsure,
      "no answer at all, never since the start: perhaps a firewall, a wrong address, "
      "or the host is down"}},
    {[](const view& v) noexcept { return v.unreachable(); },
     {suspicion::unsure,
      "no route to the server: this machine may be offline, or the address wrong"}},
};

constexpr row securing[] = {
    {[](const view& v) noexcept { return v.is(tls_errc::expired); },
     {suspicion::misconfiguration, "the server's certificate has expired, or our clock is ahead"}},
    {[](const view& v) noexcept { return v.is(tls_errc::not_yet_valid); },
     {suspicion::misconfiguration,
      "the server's certificate is not valid yet, or our clock is behind"}},
    {[](const view& v) noexcept { return v.is(tls_errc::malformed); },
     {suspicion::misconfiguration,
      "what answers there does not speak TLS: perhaps ws:// is meant, or "
      "another port"}},
    {[](const view& v) noexcept { return v.c.error == condition::permanent && v.before.secured; },
     {suspicion::misconfiguration,
      "TLS is refused, and was accepted before: a certificate or a setting "
      "was changed"}},
    {[](const view& v) noexcept { return v.c.error == condition::permanent; },
     {suspicion::misconfiguration,
      "TLS is refused and will be at each attempt: check the name, the "
      "authorities and the pins"}},
    {[](const view& v) noexcept { return v.before.secured; },
     {suspicion::outage, "the TLS handshake broke off, and went through before"}},
    {[](const view&) noexcept { return true; },
     {suspicion::unsure,
      "the TLS handshake broke off: the server may be overloaded, or not speak TLS "
      "on that port"}},
};

constexpr row upgrading[] = {
    {[](const view& v) noexcept { return v.is(errc::unauthorized) && v.before.opened; },
     {suspicion::misconfiguration,
      "the credentials are refused, and were accepted before: they may have "
      "expired"}},
    {[](const view& v) noexcept { return v.is(errc::unauthorized); },
     {suspicion::misconfiguration, "the credentials are missing or wrong"}},
    {[](const view& v) noexcept { return v.c.status == 429; },
     {suspicion::outage, "the server limits the rate of attempts"}},
    {[](const view& v) noexcept { return v.status(500, 599); },
     {suspicion::outage, "the server says that it cannot serve now"}},
    {[](const view& v) noexcept { return v.status(301, 303) || v.status(307, 308); },
     {suspicion::misconfiguration,
      "the server redirects, which is not followed: use the URL that it "
      "names"}},
    {[](const view& v) noexcept { return v.status(400, 499) && v.before.opened; },
     {suspicion::misconfiguration,
      "the server refuses this request, and took it before: its routes or "
      "its proxy were changed"}},
    {[](const view& v) noexcept { return v.status(400, 499); },
     {suspicion::misconfiguration,
      "the server refuses this request: check the path, the headers and the "
      "subprotocol"}},
    {[](const view& v) noexcept { return v.status(200, 399); },
     {suspicion::misconfiguration, "an HTTP server answers, no WebSocket: check the path"}},
    {[](const view& v) noexcept { return v.c.error == condition::protocol; },
     {suspicion::misconfiguration,
      "what answers there is no WebSocket server, or breaks RFC 6455"}},
    {[](const view& v) noexcept { return v.before.opened; },
     {suspicion::outage, "the upgrade broke off, and went through before"}},
    {[](const view&) noexcept { return true; },
     {suspicion::unsure,
      "connections are accepted and the upgrade is not answered: the server may be "
      "overloaded, or wss:// may be meant"}},
};

constexpr row authenticating[] = {
    {[](const view& v) noexcept { return v.is(errc::auth_timeout); },
     {suspicion::unsure, "the source of the credentials gave none in time"}},
    {[](const view& v) noexcept { return v.c.error == condition::auth; },
     {suspicion::misconfiguration, "the source of the credentials has none for this client"}},
};

constexpr row linked[] = {
    {[](const view& v) noexcept { return ended_in_order(v.c.error, v.c.code, v.c.own_close); },
     {suspicion::none, "the link was closed in order"}},
    {[](const view& v) noexcept { return v.is(errc::unauthorized); },
     {suspicion::misconfiguration, "the server ended the link for its policy or our credentials"}},
    {[](const view& v) noexcept { return v.is(errc::auth_timeout); },
     {suspicion::unsure,
      "the login was not answered in time: wrong words of the adapter, or an "
      "overloaded server"}},
    {[](const view& v) noexcept { return v.is(errc::unavailable); },
     {suspicion::outage, "the server asked to come back later"}},
    {[](const view& v) noexcept { return v.c.in_login; },
     {suspicion::unsure,
      "the link ended during the login: the server may not like it, and does not say "
      "so"}},
    {[](const view& v) noexcept {
       return v.is(errc::closed) && v.c.code == close_code::going_away;
     },
     {suspicion::outage, "the server goes away"}},
    {[](const view& v) noexcept { return v.is(errc::closed); },
     {suspicion::unsure, "the server closed the link; its code says why"}},
    {[](const view& v) noexcept { return v.c.error == condition::protocol; },
     {suspicion::unsure, "one side broke the protocol"}},
    {[](const view& v) noexcept { return v.c.error == condition::transient; },
     {suspicion::outage, "an open link was lost"}},
};

constexpr judgment not_told{suspicion::unsure, "what was seen does not tell"};

template <std::size_t N>
const judgment* find(const row (&rows)[N], const view& v) noexcept {
  for (const row& r : rows) {
    if (r.fits(v)) return &r.says;
  }
  return nullptr;
}

const judgment* find_by_phase(const view& v) noexcept {
  switch (v.c.at) {
    case phase::authenticating:
      return find(authenticating, v);
    case phase::resolving:
      return find(resolving, v);
    case phase::connecting:
      return find(connecting, v);
    case phase::securing:
      return find(securing, v);
    case phase::upgrading:
      return find(upgrading, v);
    case phase::open:
    case phase::closing:
      return find(linked, v);
    default:
      return nullptr;
  }
}

}  // namespace

judgment judge(const cause& c, const experience& before) noexcept {
  const view v{c, before};
  const judgment* j = find(anywhere, v);
  if (j == nullptr) j = find_by_phase(v);
  return j != nullptr ? *j : not_told;
}

}  // namespace hawser
