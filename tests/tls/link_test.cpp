// Our client and our acceptor over TLS.
#include "tls/openssl_server.hpp"
#include "tls/tls_fixture.hpp"

#include <sys/stat.h>

namespace hawser::test {
namespace link_test {

using tls_link = TlsTest;

TEST_F(tls_link, is_verified_by_default) {
  acceptor_host server(serving(server_));
  const outcome trusted = call(server.url(), trusting());
  EXPECT_FALSE(trusted.error) << trusted.detail;
  EXPECT_TRUE(trusted.said.answered);
  EXPECT_EQ(trusted.said.version, "TLSv1.3");
  const outcome by_system = call(server.url(), {});
  EXPECT_EQ(by_system.error, tls_errc::untrusted) << by_system.detail;
  EXPECT_EQ(by_system.error, condition::permanent);
}

TEST_F(tls_link, the_insecure_switch_is_loud) {
  acceptor_host server(serving(make_identity({})));
  const auto log = std::make_shared<line_log>(log_level::warn);
  const outcome o = call(server.url(), {.insecure_skip_verify = true}, log);
  EXPECT_TRUE(o.said.answered) << o.detail;
  EXPECT_EQ(log->count("insecure_skip_verify"), 1u) << log->all();
}

TEST_F(tls_link, a_pin_needs_no_authority) {
  const identity alone = make_identity({});
  acceptor_host server(serving(alone));
  const outcome o = call(
      server.url(), {.pins = {make_identity({}).pin(), alone.pin()}, .insecure_skip_verify = true});
  EXPECT_TRUE(o.said.answered) << o.detail;
}

// Echoes `total` messages of a size, `window` in flight.
struct pump : adapter<pump, on::open, on::message> {
  std::string text;
  int total = 1;
  int window = 1;
  int sent = 0;
  int received = 0;
  void on_open(context& c, const open_info&) {
    while (sent < std::min(window, total)) send_next(c);
  }
  verdict on_message(context& c, const inbound& m) {
    EXPECT_EQ(m.text(), text);
    ++received;
    if (sent < total) send_next(c);
    if (received == total) c.close();
    return handled;
  }
  void send_next(context& c) {
    ++sent;
    EXPECT_TRUE(c.send(text));
  }
};

TEST_F(tls_link, carries_messages_of_every_size) {
  acceptor_host server(serving(server_));
  for (const std::size_t size : {1u, 125u, 16'375u, 16'384u, 65'536u, 3'000'000u}) {
    pump p;
    p.text.assign(size, 'x');
    p.total = size > 100'000 ? 3 : 50;
    p.window = 7;
    client<pump> c{{.url = server.url(), .tls = trusting()}, p};
    EXPECT_FALSE(c.run()) << size << ": " << c.last_detail();
    EXPECT_EQ(c.get<pump>().received, p.total) << size;
  }
}

// Leaves at once, `calls` times; each link tells whether it resumed.
struct returning : adapter<returning, on::open, on::message, on::error> {
  int calls = 4;
  std::string resumed = {};
  void on_open(context& c, const open_info& o) {
    resumed += o.tls.resumed ? 'r' : 'f';
    (void)c.send("hello");
  }
  verdict on_message(context& c, const inbound&) {
    c.close();
    return handled;
  }
  reaction on_error(context&, const failure&) {
    return --calls > 0 ? reaction::retry_after({}) : reaction::pass();
  }
};

TEST_F(tls_link, a_later_link_resumes_the_session) {
  acceptor_host server(serving(server_));
  client<returning> c{{.url = server.url(), .tls = trusting()}};
  EXPECT_FALSE(c.run()) << c.last_detail();
  EXPECT_EQ(c.get<returning>().resumed, "frrr");
  auto off = trusting();
  off.resume = false;
  client<returning> never{{.url = server.url(), .tls = off}};
  EXPECT_FALSE(never.run());
  EXPECT_EQ(never.get<returning>().resumed, "ffff");
}

TEST_F(tls_link, client_certificates) {
  auto o = serving(server_);
  o.tls.client_ca_file = file("ca.pem", authority_.certificate_pem());
  acceptor_host server(o);
  const identity device = make_identity({.common_name = "gw-7"}, &authority_);
  auto with = trusting();
  with.certificate_file = file("device.pem", device.chain_pem());
  with.key_file = file("device.key", device.key_pem());
  EXPECT_TRUE(call(server.url(), with).said.answered);

  const outcome none = call(server.url(), trusting());
  EXPECT_EQ(none.error, tls_errc::client_certificate) << none.detail;
  EXPECT_EQ(none.error, condition::auth);

  const identity stranger = make_authority("stranger");
  const identity foreign = make_identity({}, &stranger);
  with.certificate_file = file("foreign.pem", foreign.chain_pem());
  with.key_file = file("foreign.key", foreign.key_pem());
  const outcome refused = call(server.url(), with);
  EXPECT_EQ(refused.error, tls_errc::client_certificate) << refused.detail;
}

TEST_F(tls_link, an_acceptor_shows_its_new_certificate) {
  const auto log = std::make_shared<line_log>(log_level::error);
  auto o = serving(server_);
  o.log = log;
  acceptor_host server(o);
  auto pinned = trusting();
  pinned.pins = {server_.pin()};
  EXPECT_TRUE(call(server.url(), pinned).said.answered);
  const identity next = make_identity({}, &authority_);
  serving(next);  // Writes the same files.
  EXPECT_EQ(call(server.url(), pinned).error, tls_errc::wrong_pin);
  pinned.pins.push_back(next.pin());
  EXPECT_TRUE(call(server.url(), pinned).said.answered);
  file("server.pem",
       "");  // Half written: the one of before still serves, and the log says so once.
  EXPECT_TRUE(call(server.url(), pinned).said.answered);
  EXPECT_TRUE(call(server.url(), pinned).said.answered);
  EXPECT_EQ(log->count("tls.certificate_file: "), 1u) << log->all();
}

TEST_F(tls_link, an_acceptor_with_unusable_files_does_not_listen) {
  auto o = serving(server_);
  o.tls.key_file = folder_ / "missing.key";
  try {
    acceptor_host server(o);
    FAIL() << "listens";
  } catch (const std::runtime_error& e) {
    EXPECT_EQ(std::string(e.what()).find("tls.key_file: " + *o.tls.key_file), 0u) << e.what();
  }
}

TEST_F(tls_link, names_the_server_that_it_wants) {
  const auto asked = [&](const std::string& name) {
    std::string seen = "nothing";
    {
      openssl_server server({.shown = server_, .serve = [&](SSL* s, int) {
                               const char* sni = SSL_get_servername(s, TLSEXT_NAMETYPE_host_name);
                               seen = sni != nullptr ? sni : "";
                             }});
      auto tls = trusting();
      tls.server_name = name;
      (void)call(server.url(), tls);
    }
    return seen;
  };
  EXPECT_EQ(asked("localhost"), "localhost");
  EXPECT_EQ(asked(""), "");  // The URL has an address, and an address is no name (RFC 6066 3).
}

TEST_F(tls_link, over_a_unix_domain_socket) {
  io::acceptor_options o = serving(server_);
  o.unix_socket = folder_ / "echo.sock";
  for (int i = 0; i < 2; ++i) {  // The second finds the path free again.
    acceptor_host server(o);
    client<caller> c{{.url = "wss://localhost/", .tls = trusting(), .unix_socket = o.unix_socket}};
    EXPECT_FALSE(c.run()) << c.last_detail();
    EXPECT_TRUE(c.get<caller>().answered);
  }
  struct stat s {};
  EXPECT_NE(::stat(o.unix_socket->c_str(), &s), 0);
  client<caller> late{{.url = "ws://localhost/", .unix_socket = o.unix_socket}};
  EXPECT_TRUE(late.run());
  EXPECT_EQ(late.last_detail().find("connect " + *o.unix_socket), 0u) << late.last_detail();
}

}  // namespace link_test
}  // namespace hawser::test
