// The TLS filter over a transport in memory: who is woken when, whatever OpenSSL has read ahead.
#include "io/tls/transport.hpp"
#include "support/words.hpp"
#include "tls/tls_fixture.hpp"

#include <boost/asio/io_context.hpp>

namespace hawser::test {
namespace wake_test {

using io::io_result;

// One end of a pipe. A wait is noted, and completes never.
class pipe_end final : public io::transport {
 public:
  pipe_end(bytes& in, bytes& out) : in_(in), out_(out) {}
  io_result handshake() override { return {io_result::kind::done, 0, {}}; }
  io_result read(std::span<std::byte> into) override {
    const std::size_t n = std::min(into.size(), in_.size());
    if (n == 0) return {};
    std::copy_n(in_.begin(), n, into.begin());
    in_.erase(in_.begin(), in_.begin() + static_cast<std::ptrdiff_t>(n));
    return {io_result::kind::done, n, {}};
  }
  io_result write(std::span<const bytes_view> from) override {
    const std::size_t n = std::min(from[0].size(), room);
    if (n == 0) return {};
    out_.insert(out_.end(), from[0].begin(), from[0].begin() + static_cast<std::ptrdiff_t>(n));
    room -= n;
    return {io_result::kind::done, n, {}};
  }
  void wait_readable(io::io_waiter&) override { ++waits; }
  void wait_writable(io::io_waiter&) override {}
  void shutdown() noexcept override {}
  void close() noexcept override {}

  int waits = 0;
  std::size_t room = std::size_t{1} << 20;  // for what is written

 private:
  bytes& in_;
  bytes& out_;
};

struct counting_waiter final : io::io_waiter {
  int reads = 0;
  void readable() override { ++reads; }
  void writable() override {}
};

class tls_wake : public TlsTest {
 protected:
  void SetUp() override {
    const auto of_client = io::client_context(trusting());
    const auto of_server = io::server_context(serving(server_).tls);
    ASSERT_EQ(words_of(of_client) + words_of(of_server), "");
    const auto on = context_.get_executor();
    client_ =
        io::make_tls_client(std::make_unique<pipe_end>(to_client_, to_server_), on, *of_client,
                            trusting(), "127.0.0.1", std::make_shared<io::tls_resumption>());
    auto lower = std::make_unique<pipe_end>(to_server_, to_client_);
    lower_ = lower.get();
    server_end_ = io::make_tls_server(std::move(lower), on, *of_server);
    for (bool done = false; !done;) {
      const auto a = step(*client_);
      const auto b = step(*server_end_);
      done = a == io_result::kind::done && b == io_result::kind::done;
    }
    bytes none(1);
    EXPECT_EQ(server_end_->read(none).what, io_result::kind::blocked);
    server_end_->wait_readable(*waiter_);
    lower_->waits = 0;
  }
  io_result::kind step(io::transport& t) {
    const io_result r = t.handshake();
    if (r.what == io_result::kind::wants_read) t.wait_readable(*waiter_);
    return r.what;
  }

  boost::asio::io_context context_;
  bytes to_client_;
  bytes to_server_;
  std::unique_ptr<io::transport> client_;
  std::unique_ptr<io::transport> server_end_;
  pipe_end* lower_ = nullptr;
  std::shared_ptr<counting_waiter> waiter_ = std::make_shared<counting_waiter>();
};

TEST_F(tls_wake, wakes_its_reader_for_what_open_ssl_has_read_ahead) {
  const bytes sent(1000, std::byte{'x'});
  const bytes_view whole(sent);
  ASSERT_EQ(client_->write({&whole, 1}).n, sent.size());
  bytes got(400);
  // The lower transport is empty after this; the rest of the record lies in OpenSSL.
  ASSERT_EQ(server_end_->read(got).n, got.size());
  server_end_->wait_readable(*waiter_);
  context_.run();
  EXPECT_EQ(lower_->waits, 0);
  EXPECT_EQ(waiter_->reads, 1);
  got.resize(1000);
  EXPECT_EQ(server_end_->read(got).n, 600u);
}

TEST_F(tls_wake, reads_on_while_its_writer_waits) {
  const bytes sent(1000, std::byte{'x'});
  const bytes_view whole(sent);
  lower_->room = 10;
  ASSERT_EQ(server_end_->write({&whole, 1}).what, io_result::kind::blocked);
  bytes got(2000);
  // Waiting to write as well would stop reading from a peer that reads when it has written.
  EXPECT_EQ(server_end_->read(got).what, io_result::kind::blocked);
  server_end_->wait_readable(*waiter_);
  ASSERT_EQ(client_->write({&whole, 1}).n, sent.size());
  EXPECT_EQ(server_end_->read(got).n, sent.size());
  lower_->room = 2000;
  EXPECT_EQ(server_end_->write({&whole, 1}).n, sent.size());
  EXPECT_EQ(client_->read(got).what, io_result::kind::blocked);
  client_->wait_readable(*waiter_);
  EXPECT_EQ(client_->read(got).n, sent.size());
}

TEST_F(tls_wake, waits_below_for_the_rest_of_a_record) {
  const bytes sent(1000, std::byte{'x'});
  const bytes_view whole(sent);
  ASSERT_EQ(client_->write({&whole, 1}).n, sent.size());
  const bytes end(to_server_.end() - 10, to_server_.end());
  to_server_.resize(to_server_.size() - end.size());
  bytes got(2000);
  EXPECT_EQ(server_end_->read(got).what, io_result::kind::blocked);
  server_end_->wait_readable(*waiter_);
  context_.run();
  EXPECT_EQ(lower_->waits, 1);
  EXPECT_EQ(waiter_->reads, 0);
  to_server_ = end;
  EXPECT_EQ(server_end_->read(got).n, sent.size());
}

}  // namespace wake_test
}  // namespace hawser::test
