// The TLS filter over a lower transport that gives and takes as little as it likes.
#include "io/tls/transport.hpp"

#include "io/loop/loop.hpp"
#include "support/certificates.hpp"
#include "support/temp_folder.hpp"

#include <gtest/gtest.h>

#include <deque>
#include <fstream>

namespace hawser::test {
namespace transport_test {

using io::io_result;

// One direction: bytes under way, and whether the writer has ended its side.
struct pipe {
  std::deque<std::byte> bytes;
  std::size_t room = 1 << 20;  // more are not taken
  bool ended = false;
};

// A lower transport between two pipes, whose reads and writes move at most `piece` bytes.
class half final : public io::transport {
 public:
  half(pipe& in, pipe& out, std::size_t piece) : in_(in), out_(out), piece_(piece) {}

  io_result handshake() override { return {io_result::kind::done, 0, {}}; }
  io_result read(std::span<std::byte> into) override {
    const std::size_t n = std::min({into.size(), in_.bytes.size(), piece_});
    if (n == 0) return {in_.ended ? io_result::kind::ended : io_result::kind::blocked, 0, {}};
    std::copy_n(in_.bytes.begin(), n, into.begin());
    in_.bytes.erase(in_.bytes.begin(), in_.bytes.begin() + static_cast<std::ptrdiff_t>(n));
    return {io_result::kind::done, n, {}};
  }
  io_result write(std::span<const bytes_view> from) override {
    const std::size_t room = out_.room - std::min(out_.room, out_.bytes.size());
    const std::size_t n = std::min({from[0].size(), room, piece_});
    if (n == 0) return {};
    out_.bytes.insert(out_.bytes.end(), from[0].begin(),
                      from[0].begin() + static_cast<std::ptrdiff_t>(n));
    return {io_result::kind::done, n, {}};
  }
  void wait_readable(io::io_waiter&) override { ++waits; }
  void wait_writable(io::io_waiter&) override {}
  void shutdown() noexcept override { out_.ended = true; }
  void close() noexcept override { out_.ended = true; }

  int waits = 0;

 private:
  pipe& in_;
  pipe& out_;
  std::size_t piece_;
};

struct waiter final : io::io_waiter {
  int calls = 0;
  void readable() override { ++calls; }
  void writable() override {}
};

class tls_transport : public ::testing::TestWithParam<std::size_t> {
 protected:
  void SetUp() override {
    const identity authority = make_authority();
    const identity shown = make_identity({}, &authority);
    const auto file = [&](const char* name, const std::string& content) {
      std::ofstream(folder_ / name) << content;
      return folder_ / name;
    };
    client_options_.ca_file = file("ca.pem", authority.certificate_pem());
    const tls_server_options serving{.certificate_file = file("s.pem", shown.chain_pem()),
                                     .key_file = file("s.key", shown.key_pem())};
    const auto on = loop_.get().context.get_executor();
    auto lower = std::make_unique<half>(down_, up_, GetParam());
    lower_ = lower.get();
    client_ =
        io::make_tls_client(std::move(lower), on, *io::client_context(client_options_),
                            client_options_, "127.0.0.1", std::make_shared<io::tls_resumption>());
    server_ = io::make_tls_server(std::make_unique<half>(up_, down_, GetParam()), on,
                                  *io::server_context(serving));
  }

  // Both sides in turn, until both are done.
  void shake() {
    bool client_done = false;
    bool server_done = false;
    for (int i = 0; i < 100'000 && !(client_done && server_done); ++i) {
      const auto step = [&](io::transport& t, bool& done) {
        if (done) return;
        const io_result r = t.handshake();
        ASSERT_NE(r.what, io_result::kind::failed) << t.describe(r.error);
        done = r.what == io_result::kind::done;
        rest();
      };
      step(*client_, client_done);
      step(*server_, server_done);
    }
    ASSERT_TRUE(client_done && server_done);
  }
  // What a wait does for a transport: it may read again.
  void rest() {
    waiter& w = *waiter_;
    client_->wait_readable(w);
    server_->wait_readable(w);
    loop_.get().context.poll();
    loop_.get().context.restart();
  }
  static std::string read(io::transport& t, std::size_t most = 70'000) {
    std::string out(most, '\0');
    const io_result r = t.read({reinterpret_cast<std::byte*>(out.data()), most});
    out.resize(r.what == io_result::kind::done ? r.n : 0);
    return out;
  }
  static io_result write(io::transport& t, std::string_view text) {
    const bytes_view view = as_bytes(text);
    return t.write({&view, 1});
  }

  temp_folder folder_;
  tls_options client_options_;
  io::loop loop_;
  pipe up_;
  pipe down_;
  half* lower_ = nullptr;
  std::unique_ptr<io::transport> client_;
  std::unique_ptr<io::transport> server_;
  std::shared_ptr<waiter> waiter_ = std::make_shared<waiter>();
};

INSTANTIATE_TEST_SUITE_P(pieces, tls_transport, ::testing::Values(1, 7, 1000, 1 << 20));

TEST_P(tls_transport, carries_bytes_whatever_the_lower_transport_takes_at_a_time) {
  shake();
  std::string all;
  for (int i = 0; i < 40'000; ++i) all += std::to_string(i) + " ";
  std::string heard;
  std::size_t sent = 0;
  up_.room = 5000;
  for (int i = 0; i < 1'000'000 && heard.size() < all.size(); ++i) {
    if (sent < all.size()) {
      const io_result r = write(*client_, std::string_view(all).substr(sent));
      ASSERT_NE(r.what, io_result::kind::failed);
      if (r.what == io_result::kind::done) sent += r.n;
    }
    heard += read(*server_);
    rest();
  }
  EXPECT_EQ(heard, all);
}

TEST_P(tls_transport, gathers_many_views_into_full_records) {
  shake();
  while (!read(*client_).empty()) rest();
  up_.bytes.clear();
  const std::string one(100, 'x');
  const std::vector<bytes_view> views(500, as_bytes(one));
  std::size_t sent = 0;
  while (sent < 50'000) {
    std::vector<bytes_view> left(views.begin() + static_cast<std::ptrdiff_t>(sent / 100),
                                 views.end());
    left[0] = left[0].subspan(sent % 100);
    const io_result r = client_->write(left);
    ASSERT_EQ(r.what, io_result::kind::done);
    sent += r.n;
  }
  // 50,000 bytes are four records; each costs less than 40 bytes more.
  EXPECT_LT(up_.bytes.size(), 50'000u + 4 * 40);
}

TEST_P(tls_transport, an_end_is_an_end_and_a_cut_is_a_cut) {
  shake();
  ASSERT_EQ(write(*server_, "last words").what, io_result::kind::done);
  server_->shutdown();
  std::string heard;
  io_result r;
  std::array<std::byte, 100> room{};
  for (int i = 0; i < 10'000 && r.what != io_result::kind::ended; ++i) {
    r = client_->read(room);
    ASSERT_NE(r.what, io_result::kind::failed) << client_->describe(r.error);
    if (r.what == io_result::kind::done) heard.append(as_text({room.data(), r.n}));
    rest();
  }
  EXPECT_EQ(heard, "last words");
  EXPECT_EQ(r.what, io_result::kind::ended);

  ASSERT_EQ(write(*client_, "cut").what, io_result::kind::done);
  up_.ended = true;  // TCP ends, TLS does not.
  heard.clear();
  for (int i = 0; i < 10'000 && r.what != io_result::kind::failed; ++i) {
    r = server_->read(room);
    if (r.what == io_result::kind::done) heard.append(as_text({room.data(), r.n}));
    rest();
  }
  EXPECT_EQ(heard, "cut");
  EXPECT_EQ(r.error, tls_errc::truncated);
}

TEST_P(tls_transport, what_open_ssl_holds_wakes_the_reader) {
  shake();
  while (!read(*client_).empty()) rest();
  ASSERT_EQ(write(*server_, "one").what, io_result::kind::done);
  ASSERT_EQ(write(*server_, "two").what, io_result::kind::done);
  std::string heard;
  for (int i = 0; i < 10'000 && heard.size() < 1; ++i) {
    heard += read(*client_, 1);  // The rest may lie in OpenSSL's buffer.
    rest();
  }
  for (int i = 0; i < 10'000 && heard.size() < 6; ++i) {
    const int waits = lower_->waits;
    const int calls = waiter_->calls;
    rest();
    // Either the lower transport was asked to wait or the reader was called at once.
    EXPECT_TRUE(lower_->waits > waits || waiter_->calls > calls);
    heard += read(*client_, 1);
  }
  EXPECT_EQ(heard, "onetwo");
}

TEST_P(tls_transport, a_changed_record_is_refused) {
  shake();
  ASSERT_EQ(write(*server_, "honest").what, io_result::kind::done);
  down_.bytes.back() ^= std::byte{1};
  io_result r;
  std::array<std::byte, 100> room{};
  for (int i = 0; i < 10'000 && r.what != io_result::kind::failed; ++i) {
    r = client_->read(room);
    ASSERT_NE(r.what, io_result::kind::done);
    rest();
  }
  EXPECT_EQ(r.error, tls_errc::failed) << client_->describe(r.error);
  EXPECT_NE(client_->describe(r.error).find("bad record mac"), std::string::npos)
      << client_->describe(r.error);
}

}  // namespace transport_test
}  // namespace hawser::test
