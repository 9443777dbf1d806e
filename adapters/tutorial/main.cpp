// tutorial ws://host:port/ name topic: logs in and prints the news of a topic.
#include <hawser/adapters/tutorial/adapter.hpp>
#include <hawser/behaviors/subscriptions.hpp>
#include <hawser/hawser.hpp>

#include <iostream>

int main(int argc, char** argv) {
  using namespace hawser;
  if (argc != 4) {
    std::cerr << "usage: tutorial ws://host[:port][/path] name topic\n";
    return 2;
  }
  ticker adapter;
  adapter.name = argv[2];
  adapter.tell = [](std::string_view topic, std::string_view news) {
    std::cout << topic << ": " << news << std::endl;
  };
  heartbeat beats({.kind = heartbeat::kind::application});
  client<ticker, trace, heartbeat, subscriptions, recycle, circuit_breaker, reconnect> client{
      {.url = argv[1]}, std::move(adapter), std::move(beats)};
  (void)client.get<subscriptions>().subscribe(argv[3]);
  const auto error = client.run();
  if (error) std::cerr << "tutorial: " << client.last_detail() << '\n';
  return error ? 1 : 0;
}
