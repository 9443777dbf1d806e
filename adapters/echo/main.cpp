// echo ws://host:port/path: works against any echo server.
#include <hawser/adapters/echo/adapter.hpp>

int main(int argc, char** argv) {
  if (argc != 2) {
    std::cerr << "usage: echo ws://host[:port][/path]\n";
    return 2;
  }
  hawser::client<echo, hawser::trace, hawser::heartbeat> client{{.url = argv[1]}};
  const auto error = client.run();
  if (error) std::cerr << "echo: " << client.last_detail() << '\n';
  return error ? 1 : 0;
}
