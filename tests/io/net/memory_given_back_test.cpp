// What a flood took goes back to the system once it is over: the calls, not the allocator's work.
#include <hawser/cloud/cloud.hpp>

#include "support/acceptor_host.hpp"
#include "support/program_fixture.hpp"
#include "support/raw_device.hpp"
#include "support/sockets.hpp"
#include "support/words.hpp"

#include <atomic>
#include <vector>

namespace hawser::test {
namespace memory_given_back_test {

std::atomic<int> calls{0};

// In the place of libc's.
extern "C" int malloc_trim(std::size_t) noexcept {
  ++calls;
  return 0;
}

constexpr std::string_view upgrade_request =
    "GET / HTTP/1.1\r\nHost: h\r\nUpgrade: websocket\r\nConnection: Upgrade\r\n"
    "Sec-WebSocket-Key: dGhlIHNhbXBsZSBub25jZQ==\r\nSec-WebSocket-Version: 13\r\n\r\n";

TEST(memory, of_a_flood_of_links_that_are_not_upgraded_is_given_back) {
  acceptor_host host;
  const int before = calls;
  std::vector<int> flood;
  for (int i = 0; i < 300; ++i) flood.push_back(connect_to(host.port()));
  flood.push_back(connect_to(host.port()));
  char first = 0;
  ASSERT_GT(::send(flood.back(), upgrade_request.data(), upgrade_request.size(), MSG_NOSIGNAL), 0);
  ASSERT_EQ(::recv(flood.back(), &first, 1, 0), 1) << "the last one is upgraded: all are accepted";
  EXPECT_EQ(calls, before);
  for (const int fd : flood) ::close(fd);
  EXPECT_TRUE(comes_true([&] { return calls > before; }));
}

TEST(memory, of_a_link_with_many_names_is_given_back) {
  const temp_folder folder;
  cloud node({.ledger = folder / "ledger.db"});
  const auto port = node.start();
  ASSERT_EQ(words_of(port), "");
  const int before = calls;
  {
    raw_device device(*port);
    device.hello("gw-9");
    device.next_as<wire::welcome>();
    std::uint32_t sid = 0;
    for (int message = 0; message < 6; ++message) {
      wire::resume m;
      for (int i = 0; i < 700; ++i) {
        ++sid;
        m.streams.push_back({sid, "quota/" + std::to_string(sid), 77, 1, {}});
      }
      device.say(m);
    }
    for (std::size_t named = 0; named < sid;)
      named += device.next_as<wire::resumed>().streams.size();
    EXPECT_EQ(calls, before);
  }
  EXPECT_TRUE(comes_true([&] { return calls > before; }));
}

}  // namespace memory_given_back_test
}  // namespace hawser::test
