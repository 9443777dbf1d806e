#include <hawser/hawser.hpp>

#include "contenders.hpp"

#include <chrono>
#include <memory>
#include <stdexcept>
#include <vector>

namespace bench {
namespace {

struct greeter : hawser::adapter<greeter, hawser::on::open, hawser::on::message> {
  std::function<void()> greeted = {};
  void on_open(hawser::context& c, const hawser::open_info&) { (void)c.send("hello"); }
  hawser::verdict on_message(hawser::context&, const hawser::inbound&) {
    greeted();
    return hawser::handled;
  }
};

// Leaves as soon as it is open, until the time is over.
struct returner : hawser::adapter<returner, hawser::on::open, hawser::on::error> {
  std::chrono::steady_clock::time_point until = {};
  handshakes seen = {};
  void on_open(hawser::context& c, const hawser::open_info& o) {
    ++seen.links;
    seen.resumed += o.tls.resumed;
    c.close();
  }
  hawser::reaction on_error(hawser::context&, const hawser::failure&) {
    return std::chrono::steady_clock::now() < until ? hawser::reaction::retry_after({})
                                                    : hawser::reaction::pass();
  }
};

}  // namespace

void hold_hawser(const target& to, std::size_t count, const std::function<void()>& idle) {
  const auto loop = std::make_shared<hawser::io::loop>();
  std::vector<std::unique_ptr<hawser::resilient_client<greeter>>> clients;
  std::size_t greeted = 0;
  const auto next = [&](auto&& self) -> void {
    greeter g;
    g.greeted = [&, self] {
      if (++greeted < count) {
        self(self);
      } else {
        loop->stop();
      }
    };
    clients.push_back(std::make_unique<hawser::resilient_client<greeter>>(
        loop, hawser::options{.url = to.url(), .tls = {.ca_file = to.ca_file}}, std::move(g)));
    if (!clients.back()->start([](hawser::error_code) {})) throw std::runtime_error("start");
  };
  next(next);
  loop->run();
  idle();
}

handshakes count_handshakes(const target& to, double seconds, bool resume) {
  returner r;
  const auto begin = std::chrono::steady_clock::now();
  r.until = begin + std::chrono::milliseconds(static_cast<int>(1000 * seconds));
  hawser::client<returner> client{
      {.url = to.url(), .tls = {.ca_file = to.ca_file, .resume = resume}}, r};
  if (client.run()) throw std::runtime_error("handshakes: " + client.last_detail());
  handshakes seen = client.get<returner>().seen;
  const std::chrono::duration<double> took = std::chrono::steady_clock::now() - begin;
  seen.per_second = static_cast<double>(seen.links) / took.count();
  return seen;
}

}  // namespace bench
