// What arrives: our codec and Boost.Beast's are given the same bytes, valid and hostile, and must
// say the same; and what ours says must not depend on how the bytes are cut.
#include "beast_oracle.hpp"
#include "support/session_player.hpp"

#include <gtest/gtest.h>

namespace reading_test {

using namespace hawser::test;
using hawser::role;
using end = transcript::end;

constexpr std::size_t max_message = 150'000;

// One sequence of frames. The frames behind a violation or a Close must not be read.
class scene {
 public:
  scene(role reader, std::uint64_t seed) : reader_(reader), random_(seed) {}

  void build() {
    for (std::size_t i = below(random_, 6); i > 0; --i) add_valid();
    switch (below(random_, 4)) {
      case 0:
        break;
      case 1:
        add(8, closes());
        add_valid();
        break;
      default:
        add_violation();
        add_valid();
    }
  }

  role reader() const { return reader_; }
  const std::string& wire() const { return wire_; }

 private:
  void add(wire_frame f) {
    f.masked = f.masked != (reader_ == role::server);
    for (auto& k : f.key) k = static_cast<unsigned char>(random_());
    wire_ += encode(f);
  }
  void add(unsigned op, std::string payload, bool fin = true) {
    add({.op = op, .payload = std::move(payload), .fin = fin});
  }

  std::size_t size() {
    static constexpr std::size_t edges[] = {0, 1, 2, 7, 8, 9, 124, 125, 126, 127, 128};
    static constexpr std::size_t large[] = {4095, 65534, 65535, 65536, 65537, 100'000, max_message};
    switch (below(random_, 16)) {
      case 0:
        return large[below(random_, std::size(large))];
      case 1:
        return below(random_, 3000);
      default:
        return edges[below(random_, std::size(edges))];
    }
  }
  std::string octets(std::size_t n) {
    std::string s(n, '\0');
    for (char& c : s) c = static_cast<char>(random_());
    return s;
  }
  std::string text(std::size_t n) {
    static constexpr std::string_view pieces[] = {"a",
                                                  "\x7F",
                                                  "\xC2\x80",
                                                  "\xDF\xBF",
                                                  "\xE0\xA0\x80",
                                                  "\xED\x9F\xBF",
                                                  "\xEF\xBF\xBF",
                                                  "\xF0\x90\x80\x80",
                                                  "\xF4\x8F\xBF\xBF",
                                                  "some plain text "};
    std::string s;
    while (s.size() < n) s += pieces[below(random_, std::size(pieces))];
    if (s.size() > n) s = s.substr(0, n - n % 4) + std::string(n % 4, 'z');
    // The cut may have gone through a character: plain letters then.
    return hawser::valid_utf8(hawser::as_bytes(s)) ? s : letters(n);
  }

  void add_control() { add(below(random_, 2) == 0 ? 9u : 10u, octets(below(random_, 126))); }

  void add_message(unsigned op, const std::string& payload) {
    std::size_t at = 0;
    bool first = true;
    while (below(random_, 3) != 0) {
      const std::size_t n = below(random_, payload.size() - at + 1);
      add(std::exchange(first, false) ? op : 0u, payload.substr(at, n), false);
      at += n;
      if (below(random_, 3) == 0) add_control();
    }
    add(first ? op : 0u, payload.substr(at));
  }
  void add_valid() {
    if (below(random_, 4) == 0) return add_control();
    if (below(random_, 2) == 0) return add_message(2, octets(size()));
    add_message(1, text(size()));
  }

  // Codes and reasons on which both agree.
  std::string closes() {
    static constexpr unsigned codes[] = {1000, 1001, 1002, 1003, 1007, 1008, 1009, 1010,
                                         1011, 1012, 1013, 3000, 4000, 4999, 999,  1004,
                                         1005, 1006, 1015, 1016, 2999, 0};
    const auto code = codes[below(random_, std::size(codes))];
    if (below(random_, 8) == 0) return "x";  // One octet is no code.
    return close_payload(code, below(random_, 2) == 0 ? "" : text(below(random_, 124)));
  }

  void add_bad_text() {
    static constexpr std::string_view bad[] = {"\x80",
                                               "\xBF",
                                               "\xC0\x80",
                                               "\xC1\xBF",
                                               "\xC3(",
                                               "\xE0\x9F\xBF",
                                               "\xE2\x28\xA1",
                                               "\xED\xA0\x80",
                                               "\xED\xBF\xBF",
                                               "\xF0\x8F\xBF\xBF",
                                               "\xF4\x90\x80\x80",
                                               "\xF5\x80\x80\x80",
                                               "\xFF",
                                               "\xFE",
                                               "\xC3",
                                               "\xE2\x82",
                                               "\xF0\x9F\x98"};
    std::string payload = text(below(random_, 300));
    payload += bad[below(random_, std::size(bad))];
    if (below(random_, 2) == 0) payload += text(1 + below(random_, 300));
    const std::size_t split = below(random_, payload.size());
    const bool two = below(random_, 2) == 0;
    if (two) add(1, payload.substr(0, split), false);
    add(two ? 0u : 1u, two ? payload.substr(split) : payload);
  }

  void add_violation() {
    const auto data = static_cast<unsigned>(1 + below(random_, 2));
    const auto control = static_cast<unsigned>(8 + below(random_, 3));
    switch (below(random_, 13)) {
      case 0:
        return add({.op = data,
                    .payload = letters(5),
                    .rsv = 1u + static_cast<unsigned>(below(random_, 7))});
      case 1:
        return add({.op = control, .rsv = 1u + static_cast<unsigned>(below(random_, 7))});
      case 2:
        return add(static_cast<unsigned>(3 + below(random_, 5)), letters(below(random_, 200)));
      case 3:
        return add(static_cast<unsigned>(11 + below(random_, 5)), letters(below(random_, 200)));
      case 4:  // Masked the wrong way.
        return add({.op = below(random_, 2) == 0 ? data : control, .masked = true});
      case 5:
        return add(control, letters(126 + below(random_, 70'000)));
      case 6:
        return add(control, letters(below(random_, 126)), false);
      case 7:
        return add(0, letters(below(random_, 200)), below(random_, 2) == 0);
      case 8:
        add(data, letters(below(random_, 200)), false);
        return add(1, "interleaved");
      case 9:
        return add({.op = data, .payload = letters(below(random_, 126)), .length_octets = 2});
      case 10:
        return add({.op = data, .payload = letters(below(random_, 65536)), .length_octets = 8});
      case 11: {  // One byte too many, in one frame or in two.
        const std::size_t before = below(random_, 2) == 0 ? 0 : 1 + below(random_, max_message);
        if (before != 0) add(2, letters(before), false);
        const auto declared =
            below(random_, 2) == 0 ? max_message + 1 - before : (std::uint64_t{1} << 63) - 1;
        return add({.op = before != 0 ? 0u : 2u, .payload = letters(50), .declared = declared});
      }
      default:
        return add_bad_text();
    }
  }

  role reader_;
  std::mt19937_64 random_;
  std::string wire_;
};

transcript whole(const scene& s) {
  return hawser_reads(s.reader(), s.wire(), max_message, uncut());
}

class reading : public testing::TestWithParam<role> {};

INSTANTIATE_TEST_SUITE_P(roles, reading, testing::Values(role::server, role::client),
                         [](const auto& p) {
                           return p.param == role::server ? "AsServer" : "AsClient";
                         });

TEST_P(reading, agrees_with_beast_frame_for_frame) {
  std::array<int, 3> ends{};
  for (std::uint64_t seed = 0; seed < 1500; ++seed) {
    scene s(GetParam(), seed);
    s.build();
    const transcript ours = whole(s);
    ASSERT_EQ(ours, beast_reads(s.reader(), s.wire(), max_message)) << "seed " << seed;
    ++ends[static_cast<std::size_t>(ours.how)];
  }
  for (const int n : ends) EXPECT_GT(n, 100) << "the sequences are not what they are meant to be";
}

TEST_P(reading, does_not_depend_on_the_split) {
  int every_split = 0;
  for (std::uint64_t seed = 0; seed < 400; ++seed) {
    scene s(GetParam(), seed);
    s.build();
    const transcript ours = whole(s);
    const auto expect = [&](const cutter& c) {
      ASSERT_EQ(hawser_reads(s.reader(), s.wire(), max_message, c), ours) << "seed " << seed;
    };
    if (s.wire().size() < 200) {
      ++every_split;
      expect(byte_by_byte());
      for (std::size_t i = 1; i < s.wire().size(); ++i) expect(cut_at(i));
    } else {
      expect(cut_randomly(seed, 20));
      expect(cut_randomly(seed, 5'000));
      expect(cut_randomly(seed, hawser::frame_reader::read_size));
    }
    if (HasFatalFailure()) return;
  }
  EXPECT_GT(every_split, 50);
}

// --- where we part from Beast, all of it --------------------------------------------------------

struct difference {
  const char* why;
  std::vector<wire_frame> frames;
  transcript ours;
  transcript beast;
};

void PrintTo(const difference& d, std::ostream* out) { *out << d.why; }

std::vector<difference> differences() {
  const auto failed = [](unsigned answer) {
    return transcript{.how = end::failed, .answer = answer};
  };
  const auto closed = [](unsigned code, unsigned answer) {
    return transcript{.how = end::closed, .code = code, .answer = answer};
  };
  const std::string cut = "\xE2\x82";  // two thirds of a euro sign
  transcript lax;
  lax.events = {"text:" + cut};
  return {
      {"an empty Close is answered with an empty one; Beast answers 1000",
       {{.op = 8}},
       closed(1005, 1005),
       closed(1005, 1000)},
      {"1014 is registered with IANA since Beast's list was made",
       {{.op = 8, .payload = close_payload(1014)}},
       closed(1014, 1014),
       failed(1002)},
      {"codes from 5000 on are not defined (RFC 6455 section 7.4.2); Beast takes them",
       {{.op = 8, .payload = close_payload(5000)}},
       failed(1002),
       closed(5000, 5000)},
      {"the highest code of all is such a one",
       {{.op = 8, .payload = close_payload(65535)}},
       failed(1002),
       closed(65535, 65535)},
      {"a reason that is no UTF-8 is inconsistent data: 1007 (section 8.1); Beast says 1002",
       {{.op = 8, .payload = close_payload(1000, "\xC3(")}},
       failed(1007),
       failed(1002)},
      {"the top bit of a 64-bit length must be 0 (section 5.2); to Beast it is just a large number",
       {{.op = 2, .declared = std::uint64_t{1} << 63}},
       failed(1002),
       failed(1009)},
      {"a text that ends within a character fails though its last frame is empty; Beast passes it",
       {{.op = 1, .payload = cut, .fin = false}, {.op = 0}},
       failed(1007),
       lax},
  };
}

class seen_differences : public testing::TestWithParam<difference> {};

INSTANTIATE_TEST_SUITE_P(from_beast, seen_differences, testing::ValuesIn(differences()));

TEST_P(seen_differences, is_what_is_written_here) {
  for (const role self : {role::server, role::client}) {
    std::string wire;
    for (wire_frame f : GetParam().frames) {
      f.masked = self == role::server;
      wire += encode(f);
    }
    EXPECT_EQ(hawser_reads(self, wire, max_message, uncut()), GetParam().ours);
    EXPECT_EQ(hawser_reads(self, wire, max_message, byte_by_byte()), GetParam().ours);
    EXPECT_EQ(beast_reads(self, wire, max_message), GetParam().beast);
  }
}

// Timing: ours fails on the first octet that settles it, Beast waits for the rest of the header.
TEST(fail_fast, two_octets_settle_a_wrong_header) {
  for (const wire_frame& f : {wire_frame{.op = 3, .payload = letters(200)},
                              wire_frame{.op = 2, .payload = letters(200), .rsv = 1},
                              wire_frame{.op = 0, .payload = letters(200)},
                              wire_frame{.op = 9, .payload = letters(200)}}) {
    const std::string wire = encode(f).substr(0, 2);
    EXPECT_EQ(hawser_reads(role::client, wire, max_message, uncut()).answer, 1002u) << f.op;
    EXPECT_EQ(beast_reads(role::client, wire, max_message).how, end::open) << f.op;
  }
}

}  // namespace reading_test
