// Answers that refuse: the status that was read is what is told, whatever follows it.
#include "handshake_cases.hpp"
#include "io/net/retry_after.hpp"

#include <boost/asio/error.hpp>
#include <gtest/gtest.h>

#include <chrono>
#include <optional>

namespace hawser::rfc6455 {
namespace refusal_test {

using namespace std::chrono_literals;
using io::client_upgrade;
using io::upgrade_outcome;

const error_code reset = boost::asio::error::connection_reset;

client_upgrade make_upgrade(std::size_t body_bytes = limits{}.body_bytes) {
  handshake h;
  h.target = "/";
  limits l;
  l.body_bytes = body_bytes;
  return client_upgrade("h", h, l, std::string(sample_key));
}

// What is told of `wire`, in pieces of that size, if nothing more comes for that reason.
upgrade_outcome told(std::string_view wire, error_code why, std::size_t size = 4096,
                     std::size_t body_bytes = limits{}.body_bytes) {
  client_upgrade u = make_upgrade(body_bytes);
  bool over = false;
  feed_in_pieces(wire, size, [&](bytes_view b) { return over = u.feed(b); });
  if (!over) u.give_up(why);
  return u.outcome();
}

struct refusal {
  std::string wire;
  errc error;
  std::string_view body;  // as far as it is one
};

const refusal refusals[] = {
    {"HTTP/1.1 401 Unauthorized\r\nContent-Length: 20\r\n\r\n no", errc::unauthorized, " no"},
    {"HTTP/1.1 401\r\n\r\nno", errc::unauthorized, "no"},
    {"HTTP/1.0 403 \r\nServer: x\r\n\r\n", errc::unauthorized, ""},
    {"HTTP/1.1 407 Proxy\nX: y\n\nno", errc::unauthorized, "no"},
    {"HTTP/2.0 403 Forbidden\r\n\r\n", errc::unauthorized, ""},
    {"HTTP/1.1 404 Not Found\r\nTransfer-Encoding: chunked\r\n\r\n4\r\nnone\r\n0\r\n\r\n",
     errc::upgrade_refused, "none"},
    {"HTTP/1.1 429 Slow\r\nRetry-After: 7\r\nTransfer-Encoding: chunked\r\n\r\n3\r\nabc\r\nzz\r\n",
     errc::rate_limited, "abc"},
    {"HTTP/1.1 429 Slow\r\nTransfer-Encoding: chunked\r\nRetry-After: 7\r\n\r\n3\r\nabcd",
     errc::rate_limited, "abc"},
    {"HTTP/1.1 503 Busy\r\nContent-Length: 3\r\nContent-Length: 4\r\nRetry-After: 7\r\n\r\nbusy",
     errc::unavailable, "busy"},
    {"HTTP/1.1 503 Busy\r\nContent-Length: -3\r\nRetry-After: 7\r\n\r\nbusy", errc::unavailable,
     "busy"},
    {"HTTP/1.1 503 Busy\r\nContent-Length: 18446744073709551616\r\nRetry-After: 7\r\n\r\nbusy",
     errc::unavailable, "busy"},
    {"HTTP/1.1 503 Busy\r\nTransfer-Encoding: chunked\r\nContent-Length: 9\r\nRetry-After: 7\r\n"
     "\r\n4\r\nbusy\r\n0\r\nTrailer: x\r\n\r\n",
     errc::unavailable, "busy"},
    {"HTTP/1.1 503 Busy\r\nTransfer-Encoding: chunked, gzip\r\nRetry-After: 7\r\n\r\nbusy",
     errc::unavailable, "busy"},
    {"HTTP/1.1 503 Busy\r\nno field\r\n folded\r\nRetry-After: 7\r\nbad name: x\r\nX: "
     "\x01\r\n\r\nbusy",
     errc::unavailable, "busy"},
    {"HTTP/1.1 100 Go on\r\nRetry-After: 9\r\n\r\nHTTP/1.1 503 Busy\r\nRetry-After: 7\r\n\r\n",
     errc::unavailable, ""},
    {"HTTP/1.1 999 \xff\r\nRetry-After: 7\r\n\r\n", errc::unavailable, ""},
};

// Where the line that begins with `start` is whole; nothing: there is none.
std::optional<std::size_t> end_of(const std::string& wire, std::string_view start) {
  const auto at = wire.rfind(start);
  if (at == std::string::npos) return {};
  return wire.find('\n', at) + 1;
}

TEST(refused_upgrades, keeps_its_status_wherever_it_breaks_off) {
  for (const refusal& r : refusals) {
    const std::size_t known = *end_of(r.wire, "HTTP/");
    const auto retry = end_of(r.wire, "Retry-After: 7");
    for (const error_code& why : {reset, error_code(tls_errc::truncated), error_code(errc::dropped),
                                  error_code(errc::upgrade_timeout)}) {
      for (std::size_t cut = 0; cut <= r.wire.size(); ++cut) {
        for (const std::size_t size : {r.wire.size(), std::size_t{1}}) {
          const upgrade_outcome o = told(std::string_view(r.wire).substr(0, cut), why, size);
          SCOPED_TRACE(r.wire.substr(0, cut) + " | " + why.message() + " | " + o.detail);
          ASSERT_EQ(o.error, cut < known ? why : error_code(r.error));
          ASSERT_EQ(o.status != 0, cut >= known);
          const auto now = std::chrono::system_clock::now();
          const auto wait = io::retry_after(o.headers, now);
          ASSERT_EQ(wait.has_value(), retry && cut >= *retry) << "of a whole line only";
          if (wait) {
            ASSERT_EQ(*wait, 7s);
          }
          ASSERT_TRUE(r.body.starts_with(o.body));
          if (cut == r.wire.size()) {
            ASSERT_EQ(o.body, r.body);
          }
        }
      }
    }
  }
}

std::string detail_of(std::string_view wire, error_code why,
                      std::size_t body_bytes = limits{}.body_bytes) {
  return told(wire, why, 4096, body_bytes).detail;
}

TEST(refused_upgrades, says_what_became_of_its_rest) {
  const std::string head = "HTTP/1.1 401 Unauthorized\r\n";
  const std::string says = "the server answered 401 Unauthorized";
  const std::string counted = head + "Content-Length: 20\r\n\r\n";
  const std::string chunked = head + "Transfer-Encoding: chunked\r\n\r\n";
  EXPECT_EQ(detail_of(counted + " no", reset), says + "; the body broke off: " + reset.message());
  EXPECT_EQ(detail_of(counted + " no", errc::dropped),
            says + "; the body broke off: " + error_code(errc::dropped).message());
  EXPECT_EQ(detail_of(counted + " no", errc::upgrade_timeout),
            says + "; the body did not end in time (deadlines.refusal_body)");
  EXPECT_EQ(detail_of(counted + std::string(20, 'x'), reset), says);
  EXPECT_EQ(detail_of(counted + std::string(20, 'x'), reset, 7),
            says + "; the body was cut at 7 bytes");
  EXPECT_EQ(detail_of(counted, reset, 0), says + "; the body was cut at 0 bytes");
  EXPECT_EQ(detail_of(chunked + "3\r\nabc\r\n-1\r\n", reset),
            says + "; the body broke off: a chunk is malformed");
  EXPECT_EQ(detail_of(chunked + "1;" + std::string(100'000, 'x'), reset),
            says + "; the body was cut: its chunks have too long sizes, extensions or trailers");
  EXPECT_EQ(detail_of(head + "\r\nno", errc::dropped), says) << "it ends with the stream";
  EXPECT_EQ(detail_of(head + "\r\nno", tls_errc::truncated),
            says + "; the body broke off: " + error_code(tls_errc::truncated).message());
  EXPECT_EQ(detail_of(head + "X: y", reset), says + "; its header broke off: " + reset.message());
  EXPECT_EQ(detail_of(head + "X: y", errc::upgrade_timeout),
            says + "; its header did not end in time (deadlines.upgrade)");
  EXPECT_EQ(detail_of(head + "X: " + std::string(20'000, 'y'), reset),
            says + "; its header was cut at limits.header_bytes");
  client_upgrade u = make_upgrade();
  u.feed(as_bytes(counted));
  u.give_up(reset, "what the transport says of it");
  EXPECT_EQ(u.outcome().detail, says + "; the body broke off: what the transport says of it");
}

TEST(refused_upgrades, has_no_body_where_http_has_none) {
  for (const std::string status : {"204 No Content", "304 Not Modified"}) {
    client_upgrade u = make_upgrade();
    EXPECT_TRUE(u.feed(as_bytes("HTTP/1.1 " + status + "\r\nContent-Length: 5\r\n\r\n")));
    EXPECT_EQ(u.outcome().error, errc::upgrade_refused);
    EXPECT_EQ(u.outcome().detail, "the server answered " + status);
  }
}

TEST(refused_upgrades, names_where_it_leads_only_if_it_is_a_redirect) {
  for (int status = 300; status < 400; ++status) {
    const bool redirect = (status >= 301 && status <= 303) || status == 307 || status == 308;
    const std::string wire =
        "HTTP/1.1 " + std::to_string(status) + " x\r\nLocation: wss://e.example/?token=a\r\n\r\n";
    EXPECT_EQ(detail_of(wire, errc::dropped), "the server answered " + std::to_string(status) +
                                                  " x" +
                                                  (redirect ? ", Location: wss://e.example/" : ""));
  }
}

TEST(status_line, may_have_no_reason_and_no_space_before_it) {
  for (int status = 100; status < 1000; ++status) {
    for (const std::string version : {"1.0", "1.1", "1.2"}) {
      for (const std::string end : {"\r\n", " \r\n", " why\r\n", "\n"}) {
        const std::string line = "HTTP/" + version + " " + std::to_string(status) + end;
        const upgrade_outcome o = told(line + "Content-Length: 0\r\n\r\n", errc::dropped);
        const bool interim = status < 200 && status != 101;
        ASSERT_EQ(o.status, interim ? 0 : status) << line;
        if (status >= 200) {
          ASSERT_EQ(o.error, io::error_for_status(status)) << line;
        }
        if (status == 101) {
          ASSERT_EQ(o.error, errc::upgrade_malformed) << "no Upgrade";
        }
        if (interim) {
          ASSERT_EQ(o.error, errc::dropped) << line;
        }
      }
    }
  }
}

TEST(status_line, is_read_at_every_split) {
  const std::string answer = write_head(good_answer(), {"", {"HTTP/1.1 101"}}) + "\x81\x01";
  for (std::size_t cut = 0; cut <= answer.size(); ++cut) {
    client_upgrade u = make_upgrade();
    if (!u.feed(as_bytes(std::string_view(answer).substr(0, cut)))) {
      ASSERT_TRUE(u.feed(as_bytes(std::string_view(answer).substr(cut))));
    }
    ASSERT_FALSE(u.outcome().error) << cut << u.outcome().detail;
    ASSERT_EQ(u.outcome().status, 101);
    ASSERT_TRUE(std::string("\x81\x01").starts_with(as_text(u.rest())));
  }
}

TEST(status_line, that_is_none_is_told_by_its_bytes) {
  for (const std::string wire : {"HTTP/1.1\r\n",
                                 "HTTP/1.1 \r\n",
                                 "HTTP/1.1 10\r\n",
                                 "HTTP/1.1 1011\r\n",
                                 "HTTP/1.1 101x\r\n",
                                 "HTTP/1.1  101\r\n",
                                 "HTTP/1.1\t101\r\n",
                                 "HTTP/1.1 -01\r\n",
                                 "HTTP/1.1 099 x\r\n",
                                 "HTTP/11 101 x\r\n",
                                 "HTTP/1. 101 x\r\n",
                                 "HTTP/a.1 101 x\r\n",
                                 "http/1.1 101 x\r\n",
                                 "ICY 200 OK\r\n",
                                 "\r\nHTTP/1.1 101 x\r\n",
                                 "\n",
                                 "S",
                                 "HTTPS",
                                 "\x15\x03\x01",
                                 " HTTP/1.1 101"}) {
    const upgrade_outcome o = told(wire, errc::dropped);
    EXPECT_EQ(o.error, errc::upgrade_malformed) << wire;
    EXPECT_EQ(o.status, 0);
    EXPECT_EQ(o.detail.find("not an HTTP response: "), 0u) << o.detail;
  }
  EXPECT_EQ(detail_of("\x15\x03\x01", errc::dropped),
            "not an HTTP response: 15 03 01 \"...\", looks like TLS");
  EXPECT_EQ(detail_of("SSH-2.0-x\r\n", errc::dropped),
            "not an HTTP response: 53 53 48 2d 32 2e 30 2d 78 0d 0a \"SSH-2.0-x..\"");
}

}  // namespace refusal_test
}  // namespace hawser::rfc6455
