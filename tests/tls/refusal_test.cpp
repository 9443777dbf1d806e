// Servers that must be refused, each with the error that says why.
#include "support/sockets.hpp"
#include "tls/openssl_server.hpp"
#include "tls/tls_fixture.hpp"

#include <array>

namespace hawser::test {
namespace refusal_test {

using refused_upgrades = TlsTest;

void require_client_certificate(SSL_CTX* c) {
  SSL_CTX_set_verify(c, SSL_VERIFY_PEER | SSL_VERIFY_FAIL_IF_NO_PEER_CERT, nullptr);
  // Says whom it would trust, as servers do.
  const identity wanted = make_authority("clients only");
  SSL_CTX_add_client_CA(c, wanted.shown.get());
}

void only(SSL_CTX* c, int version) {
  SSL_CTX_set_min_proto_version(c, version);
  SSL_CTX_set_max_proto_version(c, version);
}

#define EXPECT_REFUSED(PLAN, TLS, ERROR, WORDS)                     \
  do {                                                              \
    openssl_server server(PLAN);                                    \
    const outcome o = call(server.url(), TLS);                      \
    EXPECT_EQ(o.error, ERROR) << o.detail;                          \
    EXPECT_NE(o.detail.find(WORDS), std::string::npos) << o.detail; \
    EXPECT_FALSE(o.said.answered);                                  \
  } while (false)

TEST_F(refused_upgrades, a_right_server_is_not_refused_in_its_handshake) {
  openssl_server server({.shown = server_, .serve = [](SSL* s, int) {
                           accept_upgrade(s);
                           SSL_shutdown(s);
                         }});
  const outcome o = call(server.url(), trusting());
  EXPECT_EQ(o.error, errc::dropped) << o.detail;
  EXPECT_EQ(o.said.version, "TLSv1.3");
}

TEST_F(refused_upgrades, of_another_name) {
  const auto other =
      make_identity({.alternative_names = {"DNS:other.example", "IP:127.0.0.2"}}, &authority_);
  EXPECT_REFUSED({.shown = other}, trusting(), tls_errc::wrong_name, "IP address mismatch");
  auto named = trusting();
  named.server_name = "wanted.example";
  EXPECT_REFUSED({.shown = other}, named, tls_errc::wrong_name, "hostname mismatch");
  EXPECT_REFUSED({.shown = other}, trusting(), tls_errc::wrong_name,
                 "asked for 127.0.0.1, the certificate is for other.example, 127.0.0.2: ");
  EXPECT_REFUSED({.shown = other}, named, tls_errc::wrong_name, "asked for wanted.example, ");
}

TEST_F(refused_upgrades, of_another_name_whose_names_are_many_or_long) {
  std::vector<std::string> names = {"DNS:" + std::string(60, 'a') + "." + std::string(60, 'b')};
  for (int i = 0; i < 20; ++i) names.push_back("DNS:h" + std::to_string(i) + ".example");
  names.push_back("IP:::1");
  const auto many = make_identity({.alternative_names = names}, &authority_);
  EXPECT_REFUSED({.shown = many}, trusting(), tls_errc::wrong_name,
                 "is for " + std::string(60, 'a') + "." + std::string(19, 'b') +
                     "..., h0.example, h1.example, h2.example, h3.example, h4.example, "
                     "h5.example, h6.example and 14 more: ");
}

TEST_F(refused_upgrades, of_a_partial_wildcard) {
  const auto wild = make_identity({.alternative_names = {"DNS:w*.example.net"}}, &authority_);
  auto named = trusting();
  named.server_name = "wanted.example.net";
  EXPECT_REFUSED({.shown = wild}, named, tls_errc::wrong_name, "hostname mismatch");
}

TEST_F(refused_upgrades, of_a_common_name_only) {
  const auto old =
      make_identity({.common_name = "localhost", .alternative_names = {}}, &authority_);
  auto named = trusting();
  named.server_name = "localhost";
  EXPECT_REFUSED({.shown = old}, named, tls_errc::no_alternative_name, "subjectAltName");
}

TEST_F(refused_upgrades, of_an_expired_certificate) {
  const auto old = make_identity({.begins = -7200, .ends = -3600}, &authority_);
  EXPECT_REFUSED({.shown = old}, trusting(), tls_errc::expired, "has expired");
}

TEST_F(refused_upgrades, of_a_certificate_that_is_not_yet_valid) {
  const auto early = make_identity({.begins = 3600, .ends = 7200}, &authority_);
  EXPECT_REFUSED({.shown = early}, trusting(), tls_errc::not_yet_valid, "not yet valid");
}

TEST_F(refused_upgrades, of_a_self_signed_certificate) {
  EXPECT_REFUSED({.shown = make_identity({})}, trusting(), tls_errc::self_signed, "self-signed");
}

TEST_F(refused_upgrades, of_an_unknown_authority) {
  const identity stranger = make_authority("stranger");
  const auto shown = make_identity({}, &stranger);
  EXPECT_REFUSED({.shown = shown}, trusting(), tls_errc::untrusted, "in certificate chain");
  identity alone = shown;
  alone.issuer = nullptr;
  EXPECT_REFUSED({.shown = alone}, trusting(), tls_errc::untrusted, "local issuer");
}

TEST_F(refused_upgrades, of_a_chain_that_is_too_long) {
  const auto middle = make_identity({.common_name = "middle", .authority = true}, &authority_);
  auto shallow = trusting();
  shallow.verify_depth = 0;
  EXPECT_REFUSED({.shown = make_identity({}, &middle)}, shallow, tls_errc::untrusted, "too long");
  openssl_server server({.shown = make_identity({}, &middle)});
  EXPECT_NE(call(server.url(), trusting()).error, tls_errc::untrusted);
}

TEST_F(refused_upgrades, of_an_old_version) {
  for (const int version : {TLS1_VERSION, TLS1_1_VERSION}) {
    EXPECT_REFUSED((openssl_server::plan{.shown = server_,
                                         .prepare = [version](SSL_CTX* c) { only(c, version); }}),
                   trusting(), tls_errc::version, "version");
  }
}

TEST_F(refused_upgrades, of_a_server_that_wants_a_client_certificate) {
  for (const int version : {TLS1_2_VERSION, TLS1_3_VERSION}) {
    EXPECT_REFUSED((openssl_server::plan{.shown = server_,
                                         .prepare =
                                             [version](SSL_CTX* c) {
                                               only(c, version);
                                               require_client_certificate(c);
                                             }}),
                   trusting(), tls_errc::client_certificate, "client certificate required");
  }
}

TEST_F(refused_upgrades, of_a_key_that_is_not_pinned) {
  auto pinned = trusting();
  pinned.pins = {make_identity({}).pin(), authority_.pin()};
  EXPECT_REFUSED({.shown = server_}, pinned, tls_errc::wrong_pin, "not pinned");
  pinned.insecure_skip_verify = true;  // Pins hold all the same.
  EXPECT_REFUSED({.shown = server_}, pinned, tls_errc::wrong_pin, "not pinned");
}

TEST_F(refused_upgrades, of_a_weak_key) {
  const auto weak = make_identity({.rsa_bits = 1024}, &authority_);
  EXPECT_REFUSED({.shown = weak}, trusting(), tls_errc::weak, "key too weak");
}

TEST_F(refused_upgrades, of_what_is_not_tls) {
  for (const std::string& bytes :
       {std::string("HTTP/1.1 400 Bad Request\r\nContent-Length: 0\r\n\r\n"),
        std::string("SSH-2.0-OpenSSH_9.2p1\r\n"), std::string(64, '\0'), std::string(64, '\xff'),
        std::string("\x17\x03\x03\xff\xff") + std::string(64, 'x')}) {
    EXPECT_REFUSED((openssl_server::plan{.shown = server_, .garbage = bytes}), trusting(),
                   tls_errc::malformed, "does not speak TLS");
  }
}

TEST_F(refused_upgrades, of_a_stream_that_ends_in_the_handshake) {
  EXPECT_REFUSED((openssl_server::plan{.shown = server_, .garbage = "\x16\x03\x03"}), trusting(),
                 tls_errc::truncated, "cut off");
}

TEST_F(refused_upgrades, truncation_is_told_from_end) {
  const auto after_upgrade = [&](bool notify) {
    openssl_server server({.shown = server_, .serve = [notify](SSL* s, int) {
                             accept_upgrade(s);
                             if (notify) SSL_shutdown(s);
                           }});
    return call(server.url(), trusting());
  };
  const outcome ended = after_upgrade(true);
  EXPECT_EQ(ended.error, errc::dropped) << ended.detail;
  const outcome cut = after_upgrade(false);
  EXPECT_EQ(cut.error, tls_errc::truncated) << cut.detail;
}

int choose_h2(SSL*, const unsigned char** out, unsigned char* size, const unsigned char* offered,
              unsigned offered_size, void* seen) {
  static_cast<std::string*>(seen)->assign(reinterpret_cast<const char*>(offered), offered_size);
  static const unsigned char h2[] = {'h', '2'};
  *out = h2;
  *size = sizeof h2;
  return SSL_TLSEXT_ERR_ALERT_FATAL;
}

TEST_F(refused_upgrades, of_a_server_that_wants_another_protocol) {
  std::string offered;
  {
    openssl_server server({.shown = server_, .prepare = [&](SSL_CTX* c) {
                             SSL_CTX_set_alpn_select_cb(c, choose_h2, &offered);
                           }});
    const outcome o = call(server.url(), trusting());
    EXPECT_EQ(o.error, tls_errc::failed) << o.detail;
    EXPECT_NE(o.detail.find("application protocol"), std::string::npos) << o.detail;
  }
  EXPECT_EQ(offered, "\x08http/1.1");
}

// A client of plain OpenSSL against our acceptor; what its handshake came to.
bool handshakes(std::uint16_t port, const std::function<void(SSL_CTX*)>& prepare) {
  const std::unique_ptr<SSL_CTX, decltype(&SSL_CTX_free)> context(SSL_CTX_new(TLS_client_method()),
                                                                  SSL_CTX_free);
  SSL_CTX_set_security_level(context.get(), 0);
  prepare(context.get());
  const std::unique_ptr<SSL, decltype(&SSL_free)> ssl(SSL_new(context.get()), SSL_free);
  const int fd = connect_to(port);
  SSL_set_fd(ssl.get(), fd);
  const bool done = SSL_connect(ssl.get()) == 1;
  ::close(fd);
  return done;
}

TEST_F(refused_upgrades, by_the_acceptor) {
  acceptor_host server(serving(server_));
  EXPECT_TRUE(handshakes(server.port(), [](SSL_CTX*) {}));
  EXPECT_TRUE(handshakes(server.port(), [](SSL_CTX* c) { only(c, TLS1_2_VERSION); }));
  EXPECT_FALSE(handshakes(server.port(), [](SSL_CTX* c) { only(c, TLS1_1_VERSION); }));
  EXPECT_TRUE(handshakes(server.port(), [](SSL_CTX* c) {
    static const unsigned char both[] = "\x02h2\x08http/1.1";
    SSL_CTX_set_alpn_protos(c, both, sizeof both - 1);
  }));
  EXPECT_FALSE(handshakes(server.port(), [](SSL_CTX* c) {
    static const unsigned char h2[] = "\x02h2";
    SSL_CTX_set_alpn_protos(c, h2, sizeof h2 - 1);
  }));
}

TEST_F(refused_upgrades, our_own_files_are_refused_before_the_first_dial) {
  const std::string missing = folder_ / "missing.pem";
  const std::string empty = file("empty.pem", "");
  const std::string cert = file("server.pem", server_.chain_pem());
  const std::string key = file("server.key", server_.key_pem());
  const std::string other = file("other.key", make_identity({}).key_pem());
  const std::pair<tls_options, std::string> cases[] = {
      {{.ca_file = missing}, "tls.ca_file: " + missing + ": No such file or directory"},
      {{.ca_file = empty}, "tls.ca_file: " + empty},
      {{.certificate_file = missing, .key_file = key}, "tls.certificate_file: " + missing},
      {{.certificate_file = cert, .key_file = missing}, "tls.key_file: " + missing},
      {{.certificate_file = cert, .key_file = other}, "tls.key_file: " + other},
  };
  for (const auto& [tls, words] : cases) {
    const outcome o = call("wss://127.0.0.1:1", tls);
    EXPECT_EQ(o.error, tls_errc::unusable_files) << words;
    EXPECT_EQ(o.detail.substr(0, words.size()), words);
  }
}

// TLS that is cut off without close_notify, in the middle of an answer that refuses.
TEST_F(refused_upgrades, of_the_upgrade_keeps_its_status_when_tls_is_cut_off) {
  for (const std::string answer : {"Content-Length: 20\r\n\r\n no", "Content-Len", "\r\nno"}) {
    openssl_server server({.shown = server_, .serve = [&](SSL* s, int) {
                             std::array<char, 4096> request;
                             SSL_read(s, request.data(), request.size());
                             const std::string all = "HTTP/1.1 401 Unauthorized\r\n" + answer;
                             SSL_write(s, all.data(), static_cast<int>(all.size()));
                           }});
    const outcome o = call(server.url(), trusting());
    EXPECT_EQ(o.error, errc::unauthorized) << o.detail;
    EXPECT_NE(o.detail.find("the server answered 401 Unauthorized; "), std::string::npos);
    EXPECT_NE(o.detail.find("broke off: "), std::string::npos) << o.detail;
  }
}

}  // namespace refusal_test
}  // namespace hawser::test
