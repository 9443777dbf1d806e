#include <hawser/io/engine.hpp>

#include "contenders.hpp"

#include <stdexcept>

namespace hawser {
namespace {

#define PASS(NAME, RESULT, ARGUMENT, ANSWER) \
  RESULT NAME(context&, ARGUMENT) override { return ANSWER; }
struct nobody : event_sink {
  HAWSER_HOOKS(PASS)
};
#undef PASS

}  // namespace
}  // namespace hawser

namespace bench {
namespace {

// What a user's program would be if it had no chain: a table of callbacks, two of them used.
class callbacks final : public hawser::nobody {
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

  hawser::time_point next_wake() const noexcept override { return hawser::never; }
  std::string routing_table() const override { return {}; }
  void describe(std::vector<hawser::description>&) const override {}
  hawser::result<void, hawser::error_info> validate() const override { return {}; }

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
