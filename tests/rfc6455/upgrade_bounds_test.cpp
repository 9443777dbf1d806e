// Whatever the lengths of an upgrade say, nothing is reserved but what came, and nothing throws.
#include "handshake_cases.hpp"
#include "support/allocation_peak.hpp"

#include <gtest/gtest.h>

#include <vector>

namespace hawser::rfc6455 {
namespace upgrade_bounds_test {

using test::allocation_peak;

std::string times(std::size_t n, std::string_view text) {
  std::string out;
  for (std::size_t i = 0; i < n; ++i) out += text;
  return out;
}

// What is kept grows by doubling.
std::size_t most(const limits& l) { return 2 * (l.header_bytes + l.body_bytes) + 64; }

const char* const lengths[] = {"100000000000",
                               "4294967296",
                               "9223372036854775807",
                               "9223372036854775808",
                               "18446744073709551615",
                               "18446744073709551616",
                               "99999999999999999999999999999999999999",
                               "-1",
                               "-9223372036854775808",
                               "+1",
                               "0x10",
                               "1e9",
                               "1 1",
                               "1, 2",
                               "5, 5",
                               ",",
                               "",
                               "7.5",
                               "\xff\xff"};

const char* const chunk_sizes[] = {"ffffffffffffffff",
                                   "FFFFFFFFFFFFFFFF;a=b",
                                   "10000000000000000",
                                   "fffffffffffffffffffffffffffff",
                                   "7fffffffffffffff",
                                   "8000000000000000",
                                   "100000000",
                                   "-1",
                                   "+5",
                                   "0x10",
                                   " 5",
                                   "5 x",
                                   "g",
                                   "",
                                   ";"};

// Lines of a header, each with its line end.
std::vector<std::string> hostile_lines() {
  std::vector<std::string> out;
  for (const std::string length : lengths) {
    out.push_back("Content-Length: " + length + "\r\n");
    out.push_back("Content-Length: 5\r\nContent-Length: " + length + "\r\n");
    out.push_back("Transfer-Encoding: chunked\r\nContent-Length: " + length + "\r\n");
  }
  out.push_back(times(400, "Content-Length: 3\r\n"));
  out.push_back(times(400, "Content-Length: 3\r\nContent-Length: 4\r\n"));
  out.push_back("Content-Length: " + times(5000, "3,") + "3\r\n");
  out.push_back("Content-Length: " + std::string(10'000, '9') + "\r\n");
  out.push_back("Content-Length: " + std::string(10'000, '0') + "\r\n");
  out.push_back("Transfer-Encoding: " + times(2000, "gzip, ") + "chunked\r\n");
  out.push_back(times(200, "Transfer-Encoding: chunked\r\n"));
  out.push_back(times(4000, "a:\r\n"));
  out.push_back(times(40'000, "a:\r\n"));
  out.push_back("a: b\r\n" + times(5000, " \r\n"));
  out.push_back("a: " + std::string(16'000, 'x') + "\r\n");
  out.push_back("a: " + std::string(70'000, 'x') + "\r\n");
  out.push_back(std::string(70'000, 'n') + ": x\r\n");
  out.push_back(std::string(100'000, 'x'));
  out.push_back(times(50'000, "\t"));
  return out;
}

std::vector<std::string> hostile_answers() {
  std::vector<std::string> out;
  const std::string refusal = "HTTP/1.1 503 x\r\n";
  for (const std::string& lines : hostile_lines()) {
    out.push_back(refusal + lines + "\r\nabc");
    out.push_back("HTTP/1.1 101 x\r\n" + lines + "\r\nabc");
    out.push_back("HTTP/1.1 100 x\r\n" + lines + "\r\n" + refusal + "\r\nabc");
  }
  const std::string chunked = refusal + "Transfer-Encoding: chunked\r\n\r\n";
  for (const std::string size : chunk_sizes) {
    out.push_back(chunked + size + "\r\nabc");
    out.push_back(chunked + "3\r\nabc\r\n" + size + "\r\nabc\r\n0\r\n\r\n");
  }
  out.push_back(chunked + std::string(100'000, '0'));
  out.push_back(chunked + "1;" + std::string(100'000, 'x'));
  out.push_back(chunked + times(20'000, "1\r\nx\r\n"));
  out.push_back(chunked + times(20'000, "1;ext=\"a\"\r\nx\r\n") + "0\r\n\r\n");
  out.push_back(chunked + "0\r\nTrailer: " + std::string(100'000, 'x'));
  out.push_back(chunked + "0\r\n" + times(50'000, "a:\r\n"));
  out.push_back(refusal + "\r\n" + std::string(100'000, 'x'));
  out.push_back(refusal + "Content-Length: 100000\r\n\r\n" + std::string(100'000, 'x'));
  out.push_back("HTTP/1.1 503 " + std::string(100'000, 'x'));
  out.push_back("HTTP/" + std::string(100'000, '1'));
  out.push_back(times(5000, "HTTP/1.1 100 x\r\n\r\n"));
  return out;
}

std::vector<std::string> hostile_requests() {
  std::vector<std::string> out;
  for (const std::string& lines : hostile_lines()) {
    for (const std::string method : {"GET", "POST"}) {
      out.push_back(method + " / HTTP/1.1\r\nHost: h\r\n" + lines + "\r\nabc");
    }
  }
  out.push_back("GET /" + std::string(100'000, 'x') + " HTTP/1.1\r\nHost: h\r\n\r\n");
  out.push_back(std::string(100'000, 'G'));
  out.push_back(write_head(good_request(), {"Host", {"Host: " + std::string(9000, 'h')}}));
  out.push_back(
      write_head(good_request(), {"-", {"Sec-WebSocket-Protocol: " + times(4000, "a,") + "a"}}));
  out.push_back(write_head(good_request(),
                           {"-", {"Sec-WebSocket-Extensions: " + times(2000, "a;b=c,") + "a"}}));
  return out;
}

// Small and large bounds; in pieces of one byte, of some, of what one read gives, and whole.
template <class Play>
void play_all(const std::vector<std::string>& wires, Play play) {
  limits large;
  large.header_bytes = 1 << 20;
  large.body_bytes = 1 << 16;
  limits huge;
  huge.header_bytes = huge.body_bytes = ~std::size_t{0};
  for (const limits& l : {limits{}, large, huge}) {
    for (const std::string& wire : wires) {
      for (const std::size_t size :
           std::initializer_list<std::size_t>{1, 7, 61, 4096, wire.size()}) {
        if (size < 50 && wire.size() > 4000) continue;  // It would only take its time.
        const std::size_t bound =
            l.header_bytes == huge.header_bytes ? 40 * wire.size() + 4096 : most(l);
        SCOPED_TRACE(wire.substr(0, 100) + " in pieces of " + std::to_string(size));
        ASSERT_NO_THROW(play(wire, size, l, bound));
        if (::testing::Test::HasFailure()) return;
      }
    }
  }
}

TEST(upgrade_bounds, no_answer_reserves_more_than_its_bound) {
  handshake h;
  h.target = "/";
  play_all(hostile_answers(),
           [&](const std::string& wire, std::size_t size, const limits& l, std::size_t bound) {
             const allocation_peak peak;
             io::client_upgrade u("h", h, l, std::string(sample_key));
             bool over = false;
             feed_in_pieces(wire, size, [&](bytes_view b) { return over = u.feed(b); });
             if (!over) u.give_up(errc::dropped);
             EXPECT_LE(peak.bytes(), bound);
             EXPECT_TRUE(u.outcome().error);
             EXPECT_LE(u.outcome().body.size(), l.body_bytes);
             if (!wire.starts_with("HTTP/1.1 503 x\r\n")) return;
             EXPECT_EQ(u.outcome().error, errc::unavailable) << u.outcome().detail;
             EXPECT_EQ(u.outcome().status, 503);
           });
}

TEST(upgrade_bounds, no_request_reserves_more_than_its_bound) {
  play_all(hostile_requests(),
           [&](const std::string& wire, std::size_t size, const limits& l, std::size_t bound) {
             const allocation_peak peak;
             io::server_upgrade u(l);
             feed_in_pieces(wire, size, [&](bytes_view b) {
               return u.feed(b) != io::server_upgrade::verdict::need_more;
             });
             EXPECT_LE(peak.bytes(), bound + 2 * size);  // It is given the piece as a whole.
           });
}

// That the hook sees what it is to see.
TEST(upgrade_bounds, an_allocation_that_fails_counts) {
  const allocation_peak peak;
  std::string s;
  EXPECT_THROW(s.reserve(std::size_t{1} << 60), std::bad_alloc);
  EXPECT_GT(peak.bytes(), std::size_t{1} << 60);
}

}  // namespace upgrade_bounds_test
}  // namespace hawser::rfc6455
