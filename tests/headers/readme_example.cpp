#include <hawser/hawser.hpp>

#include <iostream>

struct ticker : hawser::adapter<ticker, hawser::on::message> {
  hawser::verdict on_message(hawser::context&, const hawser::inbound& m) {
    std::cout << m.text() << '\n';
    return hawser::handled;
  }
};

int main() {
  hawser::resilient_client<ticker> client{{.url = "ws://example.net/feed"}};
  return client.run() ? 1 : 0;
}
