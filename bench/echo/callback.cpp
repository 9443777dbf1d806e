#include <hawser/io/engine.hpp>

#include "contenders.hpp"

#include <stdexcept>

namespace bench {
namespace {

// What a user's program would be if it had no chain: a table of callbacks, two of them used.
class callbacks final : public hawser::event_sink {
 public:
  explicit callbacks(meter& m) : meter_(m) {}

  void open(hawser::context& c, const hawser::open_info&) override {
    const std::string text(message_size, 'x');
    for (std::size_t i = 0; i < in_flight; ++i) (void)c.send(text);
  }
  hawser::verdict message(hawser::context& c, const hawser::inbound& m) override {
    if (meter_.done() || m.data.size() != message_size) return hawser::handled;
    if (meter_.arrived(1)) {
      (void)c.send(m.text());
    } else {
      c.stop();
    }
    return hawser::handled;
  }
  hawser::hook_mask mask() const noexcept override {
    return hawser::bit(hawser::hook::open) | hawser::bit(hawser::hook::message);
  }

  hawser::admission connecting(hawser::context&, hawser::handshake&) override {
    return hawser::admission::go();
  }
  void drop(hawser::context&, const hawser::drop_info&) override {}
  void wake(hawser::context&, const hawser::wake_info&) override {}
  void frame(hawser::context&, const hawser::frame_info&) override {}
  hawser::permit sending(hawser::context&, const hawser::outbound&) override {
    return hawser::permit::pass();
  }
  hawser::reaction error(hawser::context&, const hawser::failure&) override {
    return hawser::reaction::pass();
  }
  hawser::grant authenticate(hawser::context&, hawser::auth_request&) override {
    return hawser::grant::ready();
  }
  hawser::time_point next_wake() const noexcept override { return hawser::never; }
  std::string routing_table() const override { return {}; }
  hawser::result<void> validate(std::string&) const override { return {}; }

 private:
  meter& meter_;
};

}  // namespace

void run_callback(const target& to, meter& m) {
  callbacks sink(m);
  hawser::io::engine engine({.url = to.url(), .tls = {.ca_file = to.ca_file}}, sink, nullptr);
  if (engine.run()) throw std::runtime_error("callback: " + engine.last_detail());
}

}  // namespace bench
