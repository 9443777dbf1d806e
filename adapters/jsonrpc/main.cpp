// jsonrpc ws://host:port/ method [params]: makes one call and prints its result.
#include <hawser/adapters/jsonrpc/adapter.hpp>
#include <hawser/hawser.hpp>

#include <iostream>
#include <thread>

int main(int argc, char** argv) {
  if (argc < 3 || argc > 4) {
    std::cerr << "usage: jsonrpc ws://host[:port][/path] method [params]\n";
    return 2;
  }
  hawser::client<hawser::jsonrpc, hawser::trace, hawser::heartbeat> client{{.url = argv[1]}};
  auto call = client.call({argv[2], argc == 4 ? argv[3] : ""});
  // A client that cannot begin, for its URL say, would leave the call waiting.
  std::thread strand([&, cancel = call.canceller()] {
    (void)client.run();
    cancel.cancel();
  });
  const auto outcome = call.get(std::chrono::minutes(1));
  client.stop();
  strand.join();
  if (!outcome.value) {
    std::cerr << "jsonrpc: " << outcome.value.error().message() << ' ' << client.last_detail()
              << '\n';
    return 1;
  }
  if (!outcome.value->ok()) {
    std::cerr << "jsonrpc: " << outcome.value->failure->code << ' '
              << outcome.value->failure->message << '\n';
    return 1;
  }
  std::cout << outcome.value->result << '\n';
  return 0;
}
