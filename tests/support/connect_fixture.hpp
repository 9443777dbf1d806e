// `hawser connect` and the servers that it is tried against.
#pragma once

#include "support/acceptor_host.hpp"
#include "support/program_fixture.hpp"
#include "support/raw_server.hpp"

#include <algorithm>
#include <array>
#include <fstream>

namespace hawser::test {

// Greets in binary, and then echoes; closes on "bye" with 1011.
struct greeter : adapter<greeter, on::connecting, on::open, on::message> {
  admission on_connecting(context&, handshake& h) {
    if (!h.subprotocols.empty()) h.subprotocol = h.subprotocols.back();
    return admission::go();
  }
  void on_open(context& c, const open_info&) {
    constexpr std::array<std::byte, 5> bytes{std::byte{0}, std::byte{1}, std::byte{0xFF},
                                             std::byte{'h'}, std::byte{'i'}};
    (void)c.send(bytes_view(bytes));
    (void)c.send("a\nb\x1b[2Jc\td");
  }
  verdict on_message(context& c, const inbound& m) {
    if (m.text() == "bye") {
      c.close(close_code::internal_error, "it broke");
    } else {
      (void)c.send(m.text());
    }
    return handled;
  }
};

inline io::sink_factory greeters() {
  return [](io::peer_handle) { return std::make_unique<chain<greeter>>(greeter{}); };
}

// The client's Close comes next, and nothing but Close frames after it.
inline void answer_close(const raw_server::link& l) {
  l.read();
  l.write(server_frame(8, "\x03\xe8"));
}

class hawser_connect : public program_fixture {
 protected:
  finished connect(const std::string& url, std::vector<std::string> more = {},
                   const std::string& input = {}) {
    std::vector<std::string> words{"--log", "off", "connect", url};
    words.insert(words.end(), more.begin(), more.end());
    if (std::find(more.begin(), more.end(), "--wait") == more.end()) {
      words.insert(words.end(), {"--wait", "100ms"});
    }
    return run(std::move(words), input);
  }
};

}  // namespace hawser::test
