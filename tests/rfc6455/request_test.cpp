// How a request is read (RFC 9112), before it is judged as an opening handshake.
#include "handshake_cases.hpp"

#include <gtest/gtest.h>

#include <string>

namespace hawser::rfc6455 {
namespace request_test {

struct answer {
  int status = 0;  // 0: it waits for more; 101: it is good
  std::string why = {};
  std::string rest = {};
  handshake asked = {};
  bool body = true;
};

answer read(std::string_view wire, std::size_t piece, std::size_t header_bytes = 16 * 1024) {
  limits bounds;
  bounds.header_bytes = header_bytes;
  io::server_upgrade u(bounds);
  answer out;
  while (!wire.empty()) {
    const auto n = std::min(piece, wire.size());
    const auto v = u.feed(as_bytes(wire.substr(0, n)));
    wire.remove_prefix(n);
    out.body = u.wants_body();
    if (v == io::server_upgrade::verdict::malformed) {
      out.status = u.status();
      out.why = u.detail();
      return out;
    }
    if (v == io::server_upgrade::verdict::ready) {
      out.status = 101;
      out.rest = std::string(as_text(u.rest())) + std::string(wire);
      out.asked = u.request();
      return out;
    }
  }
  return out;
}

// The same whole, in two parts at any place, and byte by byte.
void expect_status(const std::string& wire, int status) {
  EXPECT_EQ(read(wire, wire.size()).status, status) << wire << read(wire, wire.size()).why;
  EXPECT_EQ(read(wire, 1).status, status) << wire << read(wire, 1).why;
  EXPECT_EQ(read(wire, wire.size() / 2 + 1).status, status) << wire;
}

std::string request(const edit& e = {}) { return write_head(good_request(), e); }
std::string with(const std::vector<std::string>& lines) { return request({"-", lines}); }
std::string line(const std::string& first) { return request({"", {first}}); }
std::string host(const std::string& value) { return request({"Host", {"Host: " + value}}); }

std::string host_of(const answer& a) {
  std::string out;
  for (const header& f : a.asked.headers) {
    if (f.name == "Host") out += (out.empty() ? "" : " | ") + f.value;
  }
  return out;
}

TEST(request, a_body_is_refused) {
  for (const char* length : {"1", "5", "0005", "100000000000", "18446744073709551615",
                             "18446744073709551616", "99999999999999999999999", "-1", "+1", "0x10",
                             "5 5", "a", "", "5, 5", "5, 6", "0, 5", "1.0", "5;x"}) {
    expect_status(with({"Content-Length: " + std::string(length)}), 400);
    expect_status(with({"content-length: " + std::string(length)}) + "hello", 400);
  }
  expect_status(with({"Content-Length: 5", "Content-Length: 6"}), 400);
  expect_status(with({"Content-Length: 0", "Content-Length: 6"}), 400);
  expect_status(with({"Content-Length: 5", "Content-Length: 5"}), 400);
  for (const char* coding : {"chunked", "Chunked", " chunked ", ",chunked,"}) {
    expect_status(with({"Transfer-Encoding: " + std::string(coding)}) + "0\r\n\r\n", 400);
  }
  expect_status(with({"Content-Length: 0"}), 101);
  expect_status(with({"Content-Length: 000"}), 101);
}

TEST(request, another_coding_is_not_implemented) {
  for (const char* coding :
       {"gzip", "gzip, chunked", "chunked, gzip", "identity", "x-foo", "deflate;q=1",
        "\x0b"
        "chunked"}) {
    const int status = coding[0] == '\x0b' ? 400 : 501;  // A control character is no field value.
    expect_status(with({"Transfer-Encoding: " + std::string(coding)}), status);
  }
  expect_status(with({"Transfer-Encoding: gzip", "Transfer-Encoding: chunked"}), 501);
}

TEST(request, length_and_coding_contradict_each_other) {
  for (const char* coding : {"chunked", "gzip", "identity"}) {
    for (const char* length : {"0", "5"}) {
      const std::string te = "Transfer-Encoding: " + std::string(coding);
      const std::string cl = "Content-Length: " + std::string(length);
      expect_status(with({te, cl}), 400);
      expect_status(with({cl, te}), 400);
    }
  }
}

TEST(request, what_comes_behind_it_is_frames) {
  const answer a = read(request() + "frames", 7);
  EXPECT_EQ(a.status, 101) << a.why;
  EXPECT_EQ(a.rest, "frames");
}

TEST(request, upgrade_is_a_list_of_protocols) {
  const auto upgrade = [](const std::string& value) {
    return request({"Upgrade", {"Upgrade: " + value}});
  };
  for (const char* good : {"websocket", "WebSocket", "WEBSOCKET", "h2c, websocket",
                           "websocket, h2c", "HTTP/3.0, websocket", ",websocket,", " websocket "}) {
    expect_status(upgrade(good), 101);
  }
  for (const char* bad :
       {"websocket;x", "websocket garbage", "websocket/13", "websocket/", "/websocket",
        "websocket /13", "websocket=1", "\"websocket\"", "xwebsocket", "websockets", "web socket",
        "", "h2c", "websocket, h2c;x", "websocket, h2c d", "web\tsocket", "websocket\x80"}) {
    expect_status(upgrade(bad), 400);
  }
}

TEST(request, connection_is_a_list_of_options) {
  const auto connection = [](const std::string& value) {
    return request({"Connection", {"Connection: " + value}});
  };
  for (const char* good :
       {"Upgrade", "upgrade", "keep-alive, Upgrade", "close,upgrade", ", Upgrade"}) {
    expect_status(connection(good), 101);
  }
  for (const char* bad :
       {"Upgrade;x", "Upgrade garbage", "Upgrade/1", "xUpgrade", "", "upgraded"}) {
    expect_status(connection(bad), 400);
  }
}

TEST(request, the_host_is_a_host_and_a_port) {
  for (const char* good : {"h", "example.net", "h:", "h:80", "h:0", "h:65535", "192.0.2.1:8080",
                           "[::1]", "[::1]:", "[::1]:9", "[2001:db8::ffff:192.0.2.1]:9", "a_b.c~d",
                           "%C3%A4.example", "a!$&'()*+,;=b"}) {
    expect_status(host(good), 101);
  }
  for (const char* bad : {"",
                          "h:65536",
                          "h:99999999999999999999",
                          "h:-1",
                          "h:+1",
                          "h:8a",
                          "h: 80",
                          "h :80",
                          "a b",
                          "a\tb",
                          "[::1",
                          "::1",
                          "::1:80",
                          "[::1]]",
                          "[[::1]]",
                          "[::1]80",
                          "[::1]:x",
                          "[]",
                          "[h]",
                          "[::g]",
                          "[127.0.0.1]",
                          "[fe80::1%25eth0]",
                          "[fe80::1%eth0]",
                          "u@h",
                          "http://h",
                          "h/",
                          "h?q",
                          "h#f",
                          "h\\x",
                          "a,b, c",
                          "\xC3\xA4.example",
                          "h\xFF",
                          "h%",
                          "h%4",
                          "h%zz",
                          "<h>",
                          "\"h\"",
                          "a:b:1",
                          ":80"}) {
    expect_status(host(bad), 400);
  }
  expect_status(host(std::string(254, 'h')), 400);
  expect_status(request({"Host", {}}), 400);
  expect_status(request({"Host", {"Host: a", "Host: a"}}), 400);
}

TEST(request, the_host_of_an_absolute_target_counts) {
  const auto asked = [](const std::string& target) {
    return read(line("GET " + target + " HTTP/1.1"), 9);
  };
  const struct {
    std::string target;
    std::string host;
    std::string resource;
  } good[] = {{"/chat?x", "example.net", "/chat?x"},
              {"//chat", "example.net", "//chat"},
              {"http://other.example:81/chat?x", "other.example:81", "/chat?x"},
              {"HTTPS://other.example", "other.example", "/"},
              {"http://other.example?x", "other.example", "/?x"},
              {"http://[::1]:/", "[::1]:", "/"}};
  for (const auto& c : good) {
    const answer a = asked(c.target);
    EXPECT_EQ(a.status, 101) << c.target << ": " << a.why;
    EXPECT_EQ(host_of(a), c.host) << c.target;
    EXPECT_EQ(a.asked.target, c.resource);
  }
  for (const char* bad :
       {"http://", "http:///chat", "http://h:65536/", "http://[::1/", "http://u@h/",
        "http://[fe80::1%25eth0]/", "http://a%/", "http:/h/", "http:h", "ftp://h/", "h:80", "*",
        "chat", "http://h/#f", "/#", "http://h b/"}) {
    EXPECT_EQ(asked(bad).status, 400) << bad;
  }
  // The header has to be there and good nevertheless (RFC 9112 section 3.2).
  const std::string absolute = "GET http://other.example/ HTTP/1.1\r\n";
  for (const char* lines : {"", "Host: a b\r\n", "Host: a\r\nHost: a\r\n", "Host:\r\n"}) {
    std::string wire = request({"Host", {}});
    wire = absolute + lines + wire.substr(wire.find("\r\n") + 2);
    expect_status(wire, 400);
  }
}

TEST(request, a_later_minor_version_is_at_least_this_one) {
  for (const char* version : {"HTTP/1.1", "HTTP/1.2", "HTTP/1.9"}) {
    expect_status(line("GET / " + std::string(version)), 101);
  }
  for (const char* version : {"HTTP/2.0", "HTTP/3.0", "HTTP/9.9", "HTTP/0.9", "HTTP/0.0"}) {
    expect_status(line("GET / " + std::string(version)), 505);
  }
  for (const char* version :
       {"HTTP/1.0", "HTTP/1", "HTTP/1.", "HTTP/1.10", "HTTP/11.1", "HTTP/2", "http/1.1",
        "HTTP/1.1 ", "HTTP 1.1", "HTTPS/1.1", "1.1", "HTTP/-.1", "HTTP/1,1", ""}) {
    expect_status(line("GET / " + std::string(version)), 400);
  }
  expect_status("GET /\r\n", 400);  // HTTP/0.9
  expect_status("PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n", 505);
}

TEST(request, a_line_that_is_none_is_refused_at_once) {
  for (const char* first : {"GET  / HTTP/1.1", "GET /  HTTP/1.1", " GET / HTTP/1.1",
                            "GET / a HTTP/1.1", "GET\t/\tHTTP/1.1", "GET /\xC3\xA4 HTTP/1.1",
                            "G(T / HTTP/1.1", "GET", "GET HTTP/1.1", "G\x01T / HTTP/1.1"}) {
    expect_status(line(first), 400);
  }
  // Before their line has an end: a TLS client, a line feed alone, another protocol.
  for (const char* begin :
       {"\x16\x03\x01", "GET / HTTP/1.1\n", "GET / HTTP/1.1\rx", "\x05\x01", "\r\r", "\n"}) {
    expect_status(begin, 400);
  }
  EXPECT_EQ(read(std::string_view("\0", 1), 1).status, 400);
  EXPECT_EQ(read("GET / HT", 1).status, 0);
  EXPECT_EQ(read("GET / HTTP/1.1\r", 1).status, 0);
}

TEST(request, empty_lines_before_it_are_skipped) {
  expect_status("\r\n" + request(), 101);
  expect_status("\r\n\r\n" + request(), 101);
  expect_status("\r\n\r\n\r\n\r\n\r\n" + request(), 400);
  expect_status("\n" + request(), 400);
  EXPECT_EQ(read("\r\n\r\n" + request() + "frames", 5).rest, "frames");
}

TEST(request, fields_that_are_none_are_refused) {
  for (const char* field : {"no colon", "a b: c", "a : b", ": b", " X: folded before the first",
                            "X: a\rb", "X: a\x01", "X: a\x7f", "X\x80: a", "X(y): a"}) {
    expect_status(with({field}), 400);
  }
  EXPECT_EQ(read(with({"X: " + std::string("a\0b", 3)}), 5).status, 400);
  expect_status(with({"X:", "Y: \xC3\xA4", "Z:\ta"}), 101);
  const std::string wire = request();
  const auto first = wire.find("\r\n") + 2;
  expect_status(wire.substr(0, first) + " " + wire.substr(first), 400);
}

TEST(request, header_bytes_is_the_bound_that_it_says) {
  constexpr std::size_t most = 512;
  const auto sized = [](std::size_t size) {
    const std::string empty = with({"X-Long: "});
    return with({"X-Long: " + std::string(size - empty.size(), 'x')});
  };
  ASSERT_EQ(sized(most).size(), most);
  for (std::size_t piece = 1; piece <= most + 1; ++piece) {
    ASSERT_EQ(read(sized(most), piece, most).status, 101) << piece;
    ASSERT_EQ(read(sized(most + 1), piece, most).status, 431) << piece;
  }
  EXPECT_EQ(read(sized(most) + std::string(5000, 'f'), 5600, most).status, 101);
  EXPECT_EQ(read(sized(most + 1) + std::string(5000, 'f'), 5600, most).status, 431);
  EXPECT_EQ(read("GET /" + std::string(2 * most, 'a'), 1, most).status, 431);
  EXPECT_EQ(read("GET /" + std::string(most - 5, 'a'), 1, most).status, 431) << "its end is beyond";
  EXPECT_EQ(read("GET /" + std::string(most - 6, 'a'), 1, most).status, 0);
  EXPECT_EQ(read("GET / HTTP/1.1\r\n" + std::string(2 * most, 'a'), 1, most).status, 431);
}

TEST(request, a_field_that_beast_cannot_hold_is_refused) {
  const std::string wire = with({"X: " + std::string(70'000, 'x')});
  EXPECT_EQ(read(wire, 4096, std::size_t{1} << 20).status, 431);
  EXPECT_EQ(read(with({std::string(70'000, 'x') + ": x"}), 4096, std::size_t{1} << 20).status, 431);
  EXPECT_EQ(read(with({"X: " + std::string(65'000, 'x')}), 4096, std::size_t{1} << 20).status, 101);
}

TEST(request, a_client_that_knows_no_websocket_is_told_of_it) {
  const std::string lines = " / HTTP/1.1\r\nHost: h\r\nAccept: */*\r\n";
  expect_status("GET" + lines + "\r\n", 426);
  expect_status("GET" + lines + "Connection: keep-alive\r\n\r\n", 426);
  expect_status("GET" + lines + "Connection: Upgrade, HTTP2-Settings\r\nUpgrade: h2c\r\n\r\n", 426);
  expect_status("HEAD" + lines + "\r\n", 426);
  expect_status("POST" + lines + "\r\n", 400);
  expect_status("GET" + lines + "Content-Length: 3\r\n\r\nabc", 400);
  expect_status("GET" + lines + "Upgrade: websocket;x\r\n\r\n", 400);
}

TEST(request, head_is_answered_without_a_body) {
  EXPECT_FALSE(read("HEAD / HTTP/1.1\r\nHost: h\r\n\r\n", 3).body);
  EXPECT_FALSE(read(line("HEAD / HTTP/1.1"), 3).body);
  EXPECT_FALSE(read("HEAD / HTTP/2.0\r\n\r\n", 3).body);
  EXPECT_TRUE(read("GET / HTTP/1.1\r\nHost: h\r\n\r\n", 3).body);
  EXPECT_TRUE(read("nonsense\r\n", 3).body);
  const std::string whole = io::server_upgrade::refuse(400, "why");
  EXPECT_EQ(io::server_upgrade::refuse(400, "why", false), whole.substr(0, whole.size() - 4));
}

TEST(request, a_refusal_is_a_whole_response) {
  for (const int status : {400, 401, 403, 426, 431, 500, 501, 503, 505}) {
    const std::string said = io::server_upgrade::refuse(status, "why");
    EXPECT_EQ(said.find("HTTP/1.1 " + std::to_string(status) + " "), 0u);
    EXPECT_EQ(line_of(said, "Content-Length"), "4");
    EXPECT_EQ(line_of(said, "Connection"), status == 426 ? "Upgrade, close" : "close");
    EXPECT_EQ(line_of(said, "Upgrade"), status == 426 ? "websocket" : "");
    EXPECT_EQ(line_of(said, "Sec-WebSocket-Version"), status == 426 ? "13" : "");
    EXPECT_TRUE(said.ends_with("\r\n\r\nwhy\n"));
  }
}

}  // namespace request_test
}  // namespace hawser::rfc6455
