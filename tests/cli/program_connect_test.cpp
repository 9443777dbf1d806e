// `hawser connect` against servers of ours.
#include "support/certificates.hpp"
#include "support/connect_fixture.hpp"

namespace hawser::test {
namespace program_connect_test {

using ::testing::AnyOf;
using ::testing::ElementsAre;
using ::testing::EndsWith;
using ::testing::HasSubstr;
using ::testing::IsEmpty;
using ::testing::Not;
using ::testing::SizeIs;
using ::testing::StartsWith;

TEST_F(hawser_connect, lines_become_messages_and_messages_lines) {
  acceptor_host host;
  const finished f = connect(host.url(), {}, "one\n\nthree, without a line feed");
  EXPECT_EQ(f.code, 0) << f.errors;
  EXPECT_THAT(f.lines, ElementsAre("one", "", "three, without a line feed"));
  EXPECT_EQ(f.errors, "");
}

TEST_F(hawser_connect, every_line_of_a_large_input_comes_back_in_order) {
  acceptor_host host;
  std::string input;
  std::vector<std::string> expected;
  for (int i = 0; i < 1500; ++i) {
    expected.push_back(std::to_string(i) + std::string(30, 'x'));
    input += expected.back() + '\n';
  }
  const finished f = connect(host.url(), {}, input);
  EXPECT_EQ(f.code, 0) << f.errors;
  EXPECT_EQ(f.lines, expected);
}

TEST_F(hawser_connect, a_message_is_one_line_whatever_is_in_it) {
  acceptor_host host(greeters());
  const finished f = connect(host.url());
  EXPECT_EQ(f.code, 0) << f.errors;
  EXPECT_THAT(f.lines, ElementsAre("<5 bytes> 0001ff6869", "a\\x0ab\\x1b[2Jc\td"));
}

TEST_F(hawser_connect, json_loses_nothing) {
  acceptor_host host(greeters());
  const finished f = connect(host.url(), {"--json"}, "x\n");
  EXPECT_EQ(f.code, 0) << f.errors;
  EXPECT_THAT(
      f.lines,
      ElementsAre(R"({"event":"open","link":1})",
                  R"({"event":"message","link":1,"base64":"AAH/aGk="})",
                  R"({"event":"message","link":1,"text":"a\nb\u001b[2Jc\td"})",
                  R"({"event":"message","link":1,"text":"x"})",
                  R"({"event":"close","link":1,"code":1000,"reason":"","by":"us","clean":true,)"
                  R"("error":"the peer closed the link"})"));
}

TEST_F(hawser_connect, the_first_message_may_come_after_the_input_has_ended) {
  raw_server late([](const raw_server::link& l) {
    l.accept_upgrade();
    l.write(server_frame(1, "at last"));
    answer_close(l);
  });
  const finished f = connect(late.url());
  EXPECT_THAT(f.lines, ElementsAre("at last"));
}

TEST_F(hawser_connect, a_refused_upgrade_is_explained) {
  raw_server refusing([](const raw_server::link& l) {
    l.read_request();
    l.write("HTTP/1.1 404 Not Found\r\nContent-Length: 4\r\n\r\nnone");
    l.wait_for_end();
  });
  const finished f = connect(refusing.url() + "/nowhere", {"--json"});
  EXPECT_EQ(f.code, 1);
  EXPECT_THAT(f.errors, StartsWith("not connected to " + refusing.url() + " for "));
  EXPECT_THAT(f.errors, HasSubstr("HTTP status 404"));
  EXPECT_THAT(f.errors, HasSubstr("looks like: misconfiguration: the server refuses this request"));
  EXPECT_THAT(f.errors, HasSubstr("upgrade failed after"));
  ASSERT_THAT(f.lines, SizeIs(1));
  EXPECT_THAT(f.lines[0], StartsWith(R"({"event":"failed","explanation":{"endpoint":)"));
  EXPECT_THAT(f.lines[0], HasSubstr(R"("status":404)"));
}

TEST_F(hawser_connect, a_host_that_does_not_resolve_is_explained) {
  const finished f = connect("ws://no-such-host.invalid");
  EXPECT_EQ(f.code, 1);
  EXPECT_THAT(f.errors, HasSubstr("while resolving"));
  // Without a network there is nobody who could say that there is no such name.
  EXPECT_THAT(f.errors, AnyOf(HasSubstr("the name never resolved"),
                              HasSubstr("no answer from the name service")));
  EXPECT_THAT(f.errors, HasSubstr("resolve failed after"));
}

TEST_F(hawser_connect, nobody_listens) {
  const finished f = connect(nobody, {}, "never sent\n");
  EXPECT_EQ(f.code, 1);
  EXPECT_THAT(f.errors, HasSubstr("looks like: unsure: nothing listens there"));
  EXPECT_THAT(f.lines, IsEmpty());
}

TEST_F(hawser_connect, a_close_with_an_error_is_explained) {
  acceptor_host host(greeters());
  const finished f = connect(host.url(), {"--wait", "20s", "--json"}, "bye\n");
  EXPECT_EQ(f.code, 1);
  EXPECT_THAT(f.errors, HasSubstr("close code 1011"));
  EXPECT_THAT(f.errors, HasSubstr("it broke"));
  ASSERT_THAT(f.lines, SizeIs(5));
  EXPECT_THAT(f.lines[3], HasSubstr(R"("code":1011,"reason":"it broke","by":"peer","clean":true)"));
}

TEST_F(hawser_connect, a_clean_close_of_the_server_is_a_good_end) {
  acceptor_host host;
  const finished f = connect(host.url(), {"--wait", "20s"}, "bye\n");
  EXPECT_EQ(f.code, 0) << f.errors;
}

TEST_F(hawser_connect, an_authority_that_is_not_trusted_is_explained) {
  const identity authority = make_authority();
  const identity other = make_authority("another");
  const identity server = make_identity({}, &authority);
  const auto file = [&](const std::string& name, const std::string& content) {
    std::ofstream(folder / name) << content;
    return folder / name;
  };
  acceptor_host host(
      io::acceptor_options{.tls = {.certificate_file = file("server.pem", server.chain_pem()),
                                   .key_file = file("server.key", server.key_pem())}});
  const std::string wrong = file("other.pem", other.certificate_pem());
  const finished f = connect(host.url(), {"--ca", wrong});
  EXPECT_EQ(f.code, 1);
  EXPECT_THAT(f.errors, HasSubstr("certificate of an unknown authority"));
  EXPECT_THAT(f.errors, HasSubstr("looks like: misconfiguration: TLS is refused"));
  EXPECT_THAT(f.errors, HasSubstr("tls failed after"));

  const std::string right = file("ca.pem", authority.certificate_pem());
  const finished good = connect(host.url(), {"--ca", right, "--json"}, "x\n");
  EXPECT_EQ(good.code, 0) << good.errors;
  EXPECT_THAT(good.lines.front(), HasSubstr(R"("tls":"TLSv1.3")"));
  EXPECT_EQ(connect(host.url(), {"--insecure"}, "x\n").code, 0);
  EXPECT_EQ(connect(host.url(), {"--ca", right, "--pin", server.pin()}).code, 0);
  const finished pinned = connect(host.url(), {"--ca", right, "--pin", other.pin()});
  EXPECT_EQ(pinned.code, 1);
  EXPECT_THAT(pinned.errors, HasSubstr("looks like: misconfiguration: TLS is refused"));
}

TEST_F(hawser_connect, a_certificate_of_its_own_is_shown) {
  const identity authority = make_authority();
  const identity server = make_identity({}, &authority);
  const identity own = make_identity({}, &authority);
  const auto file = [&](const std::string& name, const std::string& content) {
    std::ofstream(folder / name) << content;
    return folder / name;
  };
  const std::string ca = file("ca.pem", authority.certificate_pem());
  acceptor_host host(
      io::acceptor_options{.tls = {.certificate_file = file("server.pem", server.chain_pem()),
                                   .key_file = file("server.key", server.key_pem()),
                                   .client_ca_file = ca}});
  const finished without = connect(host.url(), {"--ca", ca});
  EXPECT_EQ(without.code, 1);
  EXPECT_THAT(without.errors, HasSubstr("the server wants a client certificate"));
  const finished with = connect(host.url(),
                                {"--ca", ca, "--cert", file("own.pem", own.chain_pem()), "--key",
                                 file("own.key", own.key_pem())},
                                "x\n");
  EXPECT_EQ(with.code, 0) << with.errors;
  EXPECT_THAT(with.lines, ElementsAre("x"));
}

TEST_F(hawser_connect, headers_and_the_path_are_sent) {
  std::string request;
  raw_server asked([&](const raw_server::link& l) {
    request = l.read_request();
    l.write("HTTP/1.1 401 Unauthorized\r\nContent-Length: 0\r\n\r\n");
    l.wait_for_end();
  });
  const finished f = connect(asked.url() + "/feed?x=1",
                             {"--header", "Authorization: Bearer t", "--header", "X-Other:1"});
  asked.wait();
  EXPECT_EQ(f.code, 1);
  EXPECT_THAT(f.errors, HasSubstr("misconfiguration: the credentials are missing or wrong"));
  EXPECT_THAT(request, StartsWith("GET /feed?x=1 HTTP/1.1\r\n"));
  EXPECT_THAT(request, HasSubstr("Authorization: Bearer t\r\n"));
  EXPECT_THAT(request, HasSubstr("X-Other: 1\r\n"));
}

TEST_F(hawser_connect, a_subprotocol_is_offered_and_told) {
  acceptor_host host(greeters());
  const finished f = connect(host.url(), {"--subprotocol", "v2", "--subprotocol", "v1", "--json"});
  EXPECT_EQ(f.code, 0) << f.errors;
  ASSERT_FALSE(f.lines.empty());
  EXPECT_EQ(f.lines.front(), R"({"event":"open","link":1,"subprotocol":"v1"})");
}

TEST_F(hawser_connect, over_a_unix_domain_socket) {
  const std::string path = folder / "peer.sock";
  acceptor_host host(io::acceptor_options{.unix_socket = path});
  const finished f = connect("ws://localhost", {"--unix-socket", path}, "x\n");
  EXPECT_EQ(f.code, 0) << f.errors;
  EXPECT_THAT(f.lines, ElementsAre("x"));
  const finished none = connect("ws://localhost", {"--unix-socket", path + ".none"}, "x\n");
  EXPECT_EQ(none.code, 1);
  EXPECT_THAT(none.errors, HasSubstr("misconfiguration: there is no such socket"));
}

TEST_F(hawser_connect, an_idle_link_is_pinged) {
  std::string frame;
  raw_server silent([&](const raw_server::link& l) {
    l.accept_upgrade();
    frame = l.read();
    l.write(server_frame(8, "\x03\xe8"));
  });
  program p({"--log", "off", "connect", silent.url(), "--ping", "20ms"}, folder / "errors");
  EXPECT_EQ(p.wait_at_most(), 0) << said();
  silent.wait();
  ASSERT_FALSE(frame.empty());
  EXPECT_EQ(static_cast<unsigned char>(frame[0]), 0x89);
}

TEST_F(hawser_connect, an_interrupt_closes_in_order) {
  acceptor_host host;
  program p({"--log", "off", "connect", host.url(), "--json"}, folder / "errors");
  ASSERT_TRUE(p.line());
  p.write("x\n");
  ASSERT_TRUE(p.line());
  p.signal(SIGINT);
  const auto last = p.line();
  EXPECT_THAT(last.value_or(""), HasSubstr(R"("event":"close","link":1,"code":1000)"));
  EXPECT_EQ(p.wait_at_most(), 0) << said();
}

TEST_F(hawser_connect, an_interrupt_ends_the_wait_for_a_link) {
  program p({"--log", "info", "connect", nobody, "--reconnect"}, folder / "errors");
  ASSERT_TRUE(comes_true([&] { return said().find("attempt=1 error") != std::string::npos; }));
  p.signal(SIGINT);
  EXPECT_EQ(p.wait_at_most(), 1);
}

TEST_F(hawser_connect, with_reconnect_it_dials_again) {
  int links = 0;
  const acceptor_host host([&](io::peer_handle) {
    ++links;
    return std::make_unique<chain<greeter>>(greeter{});
  });
  program p({"--log", "off", "connect", host.url(), "--json", "--reconnect"}, folder / "errors");
  p.write("bye\n");
  const auto line_with = [&](const std::string& part) {
    while (const auto l = p.line()) {
      if (l->find(part) != std::string::npos) return true;
    }
    return false;
  };
  EXPECT_TRUE(line_with(R"({"event":"close","link":1)"));
  EXPECT_TRUE(line_with(R"({"event":"open","link":2})"));
  p.write("again\n");
  EXPECT_TRUE(line_with(R"("link":2,"text":"again")"));
  p.close_input();
  EXPECT_EQ(p.wait_at_most(), 0) << said();
}

TEST_F(hawser_connect, what_is_no_message_is_named_and_the_rest_is_sent) {
  acceptor_host host;
  const finished f =
      connect(host.url(), {}, "good\n\xff\xfe\n" + std::string((1 << 20) + 1, 'x') + "\nlast\n");
  EXPECT_EQ(f.code, 1);
  EXPECT_THAT(f.lines, ElementsAre("good", "last"));
  EXPECT_THAT(f.errors, HasSubstr("line 2: not UTF-8: not sent"));
  EXPECT_THAT(f.errors, HasSubstr("line 3: longer than 1048576 bytes: not sent"));
  EXPECT_THAT(f.errors, EndsWith("2 lines were not sent\n"));
}

TEST_F(hawser_connect, a_reader_that_leaves_ends_it) {
  acceptor_host host;
  program p({"--log", "off", "connect", host.url()}, folder / "errors");
  p.close_output();
  p.write("x\n");
  EXPECT_EQ(p.wait_at_most(), 1);
  EXPECT_THAT(said(), HasSubstr("standard output failed"));
}

// More than the pipe, the program and the sockets hold.
TEST_F(hawser_connect, a_reader_that_pauses_holds_back_the_peer_and_loses_nothing) {
  constexpr int count = 4000;
  raw_server eager([](const raw_server::link& l) {
    l.accept_upgrade();
    std::string all;
    for (int i = 0; i < count; ++i) {
      const std::string payload = std::to_string(i) + " " + std::string(2000, 'x');
      all += std::string("\x81\x7e") + static_cast<char>(payload.size() >> 8) +
             static_cast<char>(payload.size() & 0xFF) + payload;
    }
    for (std::size_t done = 0; done < all.size();) {
      const ssize_t n = ::send(l.fd(), all.data() + done, all.size() - done, MSG_NOSIGNAL);
      if (n <= 0) return;
      done += static_cast<std::size_t>(n);
    }
    answer_close(l);
  });
  program p({"--log", "off", "connect", eager.url()}, folder / "errors");
  p.close_input();
  for (int i = 0; i < count; ++i) {
    const auto line = p.line();
    ASSERT_TRUE(line) << i << said();
    ASSERT_THAT(*line, StartsWith(std::to_string(i) + " "));
  }
  EXPECT_EQ(p.wait_at_most(), 0) << said();
}

TEST_F(hawser_connect, wrong_arguments_begin_nothing) {
  EXPECT_EQ(connect("http://localhost").code, 2);
  EXPECT_EQ(connect(nobody, {"--header", "no colon"}).code, 2);
  EXPECT_EQ(connect(nobody, {"--header", "a b: c"}).code, 2);
  for (const std::string name : {"Upgrade", "connection", "SEC-WEBSOCKET-KEY", "Sec-WebSocket-X",
                                 "Content-Length", "transfer-encoding", "TE", "Trailer"}) {
    const finished f = connect(nobody, {"--trace", "--header", name + ": x"});
    EXPECT_EQ(f.code, 2) << name;
    EXPECT_THAT(f.errors, HasSubstr("'" + name + "' belongs to the handshake"));
    EXPECT_THAT(f.errors, Not(HasSubstr("connecting"))) << "nothing was sent";
  }
  EXPECT_EQ(connect(nobody, {"--header", "Host: a b"}).code, 2);
  EXPECT_EQ(connect(nobody, {"--wait", "soon"}).code, 2);
  EXPECT_EQ(connect(nobody, {"--ping", "0s"}).code, 2);
  EXPECT_EQ(run({"connect"}).code, 2);
  const finished f = connect("wss://localhost", {"--ca", folder / "missing.pem"});
  EXPECT_EQ(f.code, 2);
  EXPECT_THAT(f.errors, HasSubstr("--ca: " + (folder / "missing.pem")));
}

TEST_F(hawser_connect, trace_tells_frames_and_no_secret) {
  acceptor_host host;
  const finished f =
      connect(host.url(), {"--trace", "--header", "Authorization: Bearer hidden"}, "payload\n");
  EXPECT_EQ(f.code, 0);
  EXPECT_THAT(f.errors, HasSubstr("> text 7 bytes link=1"));
  EXPECT_THAT(f.errors, HasSubstr("< text 7 bytes link=1"));
  EXPECT_THAT(f.errors, Not(HasSubstr("hidden")));
}

}  // namespace program_connect_test
}  // namespace hawser::test
