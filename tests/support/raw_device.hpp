// A device that says what a test tells it to, and remembers what the cloud answered.
#pragma once

#include <hawser/adapter.hpp>
#include <hawser/client.hpp>
#include <hawser/core/receipt/wire.hpp>
#include <hawser/io/loop.hpp>

#include "support/line_log.hpp"
#include "support/receipt_chain.hpp"

#include <gtest/gtest.h>

#include <functional>
#include <optional>
#include <thread>

namespace hawser::test {

/// One link to a cloud, from construction to the end of the link.
class raw_device {
 public:
  explicit raw_device(std::uint16_t port, std::vector<header> headers = {})
      : client_(loop_,
                {.url = "ws://127.0.0.1:" + std::to_string(port),
                 .headers = std::move(headers),
                 .subprotocols = {"hawser.v1.cbor"}},
                plug(this)) {
    EXPECT_TRUE(client_.start([this](error_code ec) {
      const std::lock_guard guard(mutex_);
      ended_ = true;
      error_ = ec;
      changed_.notify_all();
      loop_->stop();
    }));
    thread_ = std::thread([this] { loop_->run(); });
    wait([this] { return open_ || ended_; });
  }
  ~raw_device() {
    client_.stop();
    client_.stop();
    thread_.join();
  }
  raw_device(const raw_device&) = delete;
  raw_device& operator=(const raw_device&) = delete;

  template <class Message>
  void say(const Message& m) {
    bytes out;
    wire::encode(m, out);
    say_bytes(out);
  }
  void hello(const std::string& device) {
    wire::hello m;
    m.device = device;
    say(m);
  }
  /// Of no effect once the link is gone.
  void say_bytes(bytes_view message) { (void)client_.send(message, lane::receipts); }

  /// The next answer; nullopt when the link ended before it.
  std::optional<wire::message> next() {
    wait([this] { return next_ < messages_.size() || ended_; });
    const std::lock_guard guard(mutex_);
    if (next_ >= messages_.size()) return std::nullopt;
    const bytes& raw = messages_[next_++];
    wire::decode_error e;
    auto decoded = wire::decode(raw, e);
    EXPECT_TRUE(decoded) << e.what;
    return decoded ? std::optional(*decoded) : std::nullopt;
  }
  /// The next answer as a T, which it must be.
  template <class T>
  T next_as() {
    const auto m = next();
    if (m && std::holds_alternative<T>(*m)) return std::get<T>(*m);
    ADD_FAILURE() << "another answer, or none; close " << static_cast<int>(code()) << " "
                  << reason();
    return {};
  }
  void wait_for_end() {
    wait([this] { return ended_; });
  }
  bool ended() {
    const std::lock_guard guard(mutex_);
    return ended_;
  }
  close_code code() {
    const std::lock_guard guard(mutex_);
    return code_;
  }
  std::string reason() {
    const std::lock_guard guard(mutex_);
    return reason_;
  }
  error_code error() {
    const std::lock_guard guard(mutex_);
    return error_;
  }

 private:
  struct plug : adapter<plug, on::open, on::drop>, message_handler<plug> {
    explicit plug(raw_device* to) : owner(to) {}
    void on_open(context&, const open_info&) {
      const std::lock_guard guard(owner->mutex_);
      owner->open_ = true;
      owner->changed_.notify_all();
    }
    void on_drop(context&, const drop_info& d) {
      const std::lock_guard guard(owner->mutex_);
      owner->code_ = d.code;
      owner->reason_ = d.reason;
    }
    verdict on_message(context&, const inbound& m) {
      const std::lock_guard guard(owner->mutex_);
      owner->messages_.emplace_back(m.data.begin(), m.data.end());
      owner->changed_.notify_all();
      return handled;
    }
    raw_device* owner;
  };

  void wait(const std::function<bool()>& until) {
    std::unique_lock lock(mutex_);
    EXPECT_TRUE(changed_.wait_for(lock, patience, until));
  }

  std::mutex mutex_;
  std::condition_variable changed_;
  bool open_ = false;
  bool ended_ = false;
  error_code error_;
  close_code code_ = close_code::abnormal;
  std::string reason_;
  std::vector<bytes> messages_;
  std::size_t next_ = 0;
  std::shared_ptr<io::loop> loop_ = std::make_shared<io::loop>();
  client<plug> client_;
  std::thread thread_;
};

/// A batch as a device would send it.
inline wire::receipts message_of(std::uint32_t sid, const stream_head& previous,
                                 const std::vector<chained_receipt>& rows) {
  wire::receipts m;
  m.sid = sid;
  m.first_seq = previous.seq + 1;
  m.prev_head = previous.hash;
  for (const chained_receipt& r : rows) m.rows.push_back(r.body);
  m.head = rows.back().hash;
  return m;
}

inline wire::resume resume_of(std::uint32_t sid, const receipt_chain& chain) {
  return {{{sid, chain.key().governor, chain.key().epoch, 1, chain.head()}}, {}};
}

}  // namespace hawser::test
