#include <hawser/hawser.hpp>

#include "contenders.hpp"

#include <stdexcept>

namespace bench {
namespace {

struct echo_adapter : hawser::adapter<echo_adapter, hawser::on::open, hawser::on::message> {
  explicit echo_adapter(meter& to) : meter_(&to) {}

  void on_open(hawser::context& c, const hawser::open_info&) {
    const std::string text(message_size, 'x');
    for (std::size_t i = 0; i < in_flight; ++i) (void)c.send(text);
  }
  hawser::verdict on_message(hawser::context& c, const hawser::inbound& m) {
    if (meter_->done() || m.data.size() != message_size) return hawser::handled;
    if (meter_->arrived(1)) {
      (void)c.send(m.text());
    } else {
      c.stop();
    }
    return hawser::handled;
  }

 private:
  meter* meter_;
};

}  // namespace

void run_full_stack(const target& to, meter& m) {
  hawser::resilient_client<echo_adapter> client{{.url = to.url(), .tls = {.ca_file = to.ca_file}},
                                                echo_adapter(m)};
  if (client.run()) throw std::runtime_error("full stack: " + client.last_detail());
}

}  // namespace bench
