// gateway ws://host:port STORE: each message of a feed is usage, which an edge counts.
#include <hawser/asio.hpp>
#include <hawser/edge/edge.hpp>

#include <iostream>

struct feed : hawser::adapter<feed, hawser::on::message> {
  hawser::verdict on_message(hawser::context&, const hawser::inbound& m) {
    const auto bytes = static_cast<std::int64_t>(m.data.size());
    count("record_usage", {{"metric", "bytes"}, {"amount", bytes}});
    return hawser::handled;
  }
  void count(std::string event, hawser::governor::fields params) {
    (void)edge->apply({"quota", "tenant-1/feed", std::move(event), {}, std::move(params)},
                      [](const hawser::answer& a) { std::cout << a.json << '\n'; });
  }
  hawser::edge* edge = nullptr;
};

int main(int argc, char** argv) {
  if (argc != 3) return 2;
  boost::asio::io_context own;
  const auto here = hawser::run_on(own.get_executor());
  hawser::edge edge{{.device = "gw-7", .store = argv[2], .executor = here}};
  edge.on_transition([](const hawser::transition& t) {
    std::cout << t.stream << ": " << t.step.from << " -> " << t.step.to << '\n';
  });
  if (const auto r = edge.start(); !r) return std::cerr << r.error().detail << '\n', 1;
  feed adapter{{}, &edge};
  adapter.count("set_quota", {{"metric", "bytes"}, {"limit", 10}});
  hawser::client<feed> client{hawser::make_loop(own), {.url = argv[1]}, adapter};
  hawser::error_code failed;
  const auto started = client.start([&](hawser::error_code ec) { failed = ec; });
  if (!started) failed = started.error();
  own.run();  // The client, and what the edge tells.
  edge.stop(std::chrono::seconds(5));
  own.restart(), own.run();
  return failed ? (std::cerr << client.last_detail() << '\n', 1) : 0;
}
