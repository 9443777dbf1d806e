// What a user's program is: an adapter behind the recommended stack, and the paths through it.
#include <hawser/hawser.hpp>

#include "guard/memory_link.hpp"
#include "guard/path.hpp"

#include <stdexcept>

namespace hawser::guard {
namespace {

constexpr std::size_t message_size = 64;
// 16 KiB of random bytes are drawn for 4,096 masks: a multiple of that, so that none is cut.
constexpr std::uint64_t messages = 8192;

struct user : adapter<user, on::message> {
  std::uint64_t received = 0;
  bool echoes = false;

  verdict on_message(context& c, const inbound& m) {
    ++received;
    if (echoes) (void)c.send(m.text());
    return handled;
  }
};

// One client on a link that is open.
class driver {
 public:
  driver() {
    const auto started = client_.start([](error_code) {});
    require(started.has_value(), "the client does not start");
    link_.turn();
    require(client_.snapshot().at == phase::open, "the link is not open");
  }
  ~driver() {
    client_.stop();
    link_.turn();
  }

  user& adapter() noexcept { return client_.get<user>(); }
  const std::string& text() const noexcept { return text_; }
  /// So many messages come from the peer and lie there together.
  void receive(std::size_t together, std::uint64_t count) {
    std::string frames;
    for (std::size_t i = 0; i < together; ++i) {
      (frames += '\x81') += static_cast<char>(message_size);
      frames += text_;
    }
    for (std::uint64_t n = 0; n < count; n += together) {
      link_.deliver(as_bytes(frames));
      link_.turn();
    }
  }
  /// A task on the client's strand sends so many.
  void send_in_tasks(std::size_t together, std::uint64_t count) {
    for (std::uint64_t n = 0; n < count; n += together) {
      (void)client_.submit([&](user&, context& c) {
        for (std::size_t i = 0; i < together; ++i) (void)c.send(text_);
      });
      link_.turn();
    }
  }
  /// As another thread would, through the mailbox.
  void send_from_outside(std::size_t together, std::uint64_t count) {
    for (std::uint64_t n = 0; n < count; n += together) {
      for (std::size_t i = 0; i < together; ++i) (void)client_.send(std::string_view(text_));
      link_.turn();
    }
  }
  /// Calls `part` as warm-up, then again to be counted, and looks whether all came through.
  template <class Part>
  void walk(Part part, bool receives, bool sends) {
    part();
    const std::uint64_t received = adapter().received;
    const std::size_t written = link_.written();
    measure(messages, part);
    require(adapter().received - received == (receives ? messages : 0), "messages got lost");
    require(link_.written() - written == (sends ? messages * (message_size + 6) : 0),
            "bytes got lost");
  }

 private:
  memory_link link_;
  std::string text_ = std::string(message_size, 'x');
  resilient_client<user> client_{link_.loop(), {.url = "ws://guard.test/"}, user{}};
};

void receive() {
  driver d;
  d.walk([&] { d.receive(64, messages); }, true, false);
}
void send() {
  driver d;
  d.walk([&] { d.send_in_tasks(64, messages); }, false, true);
}
void send_mailbox() {
  driver d;
  d.walk([&] { d.send_from_outside(64, messages); }, false, true);
}
void echo() {
  driver d;
  d.adapter().echoes = true;
  d.walk([&] { d.receive(64, messages); }, true, true);
}
// More than a read brings and more than the cork holds.
void echo_2048() {
  driver d;
  d.adapter().echoes = true;
  d.walk([&] { d.receive(2048, messages); }, true, true);
}

const add_path all[] = {{"receive", receive},
                        {"send", send},
                        {"send_mailbox", send_mailbox},
                        {"echo", echo},
                        {"echo_2048", echo_2048}};

}  // namespace
}  // namespace hawser::guard
