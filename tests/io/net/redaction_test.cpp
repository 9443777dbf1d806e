// What a plug-in keeps back never reaches the peer.
#include <hawser/hawser.hpp>

#include "support/acceptor_host.hpp"

#include <gtest/gtest.h>

#include <atomic>
#include <stdexcept>
#include <string>

namespace redaction_test {

using hawser::test::acceptor_host;

// Looks for what must not leave, and fails at what it cannot read.
struct redaction : hawser::behavior<redaction, hawser::on::sending> {
  hawser::permit on_sending(hawser::context&, const hawser::outbound& m) {
    if (m.text() == "secret") throw std::runtime_error("cannot read this");
    return hawser::permit::pass();
  }
};

struct sender : hawser::adapter<sender, hawser::on::open> {
  void on_open(hawser::context& c, const hawser::open_info&) {
    EXPECT_TRUE(c.send("plain"));
    EXPECT_TRUE(c.send("secret"));
  }
};

struct listener : hawser::adapter<listener, hawser::on::message, hawser::on::drop> {
  std::string* heard = nullptr;
  std::atomic<bool>* gone = nullptr;
  hawser::verdict on_message(hawser::context&, const hawser::inbound& m) {
    heard->append(m.text()).append(";");
    return hawser::handled;
  }
  void on_drop(hawser::context&, const hawser::drop_info&) {
    *gone = true;
    gone->notify_all();
  }
};

TEST(redaction, what_cannot_be_redacted_is_not_sent) {
  std::string heard;
  std::atomic<bool> gone = false;
  acceptor_host server([&](hawser::io::peer_handle) {
    return std::make_unique<hawser::chain<listener>>(listener{{}, &heard, &gone});
  });
  hawser::client<sender, redaction> client{{.url = server.url()}};
  EXPECT_EQ(client.run(), hawser::errc::hook_threw) << client.last_detail();
  EXPECT_EQ(client.snapshot().sent, 1u);
  gone.wait(false);
  EXPECT_EQ(heard, "plain;");
}

}  // namespace redaction_test
