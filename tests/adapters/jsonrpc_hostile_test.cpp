// What a peer may do to jsonrpc by mistake or on purpose: nothing is lost, nothing of others ends.
#include <hawser/behaviors/subscriptions.hpp>

#include "adapters/jsonrpc_texts.hpp"

#include <gmock/gmock.h>

#include <string>
#include <vector>

namespace {

using namespace hawser;
using namespace hawser::testing;
using namespace std::chrono_literals;
using ::testing::Contains;
using ::testing::ElementsAre;
using ::testing::HasSubstr;

using kit = testkit::harness<jsonrpc>;

// A notification is never answered, whatever becomes of it; what stands beside it is.
TEST(JsonrpcPeer, AListenerThatCannotReadItsParamsCostsNothingElse) {
  kit h;
  h.adapter().serve("echo", [](context&, const rpc::element&) { return rpc::reply{}; });
  h.adapter().listen("note", [](context&, const rpc::element& p) { (void)std::int64_t(p); });
  h.adapter().follow(
      [](context&, std::string_view, const rpc::element& e) { (void)std::int64_t(e); });
  h.connect();
  h.run([](jsonrpc&, context& c) { c.subscription("a", subscription_event::kind::subscribe); });
  h.peer_sends(result_of("1", "7"));
  (void)h.sent();
  h.peer_sends(R"([{"jsonrpc":"2.0","method":"note","params":["x"]},)" + request(5, "echo") + "]");
  h.peer_sends(
      R"({"jsonrpc":"2.0","method":"subscription","params":{"subscription":7,"result":"x"}})");
  EXPECT_TRUE(h.open());
  EXPECT_THAT(h.sent(), ElementsAre("[" + result_of("5", "null") + "]"));
  EXPECT_THAT(h.log(), Contains(HasSubstr("jsonrpc: note: ")));
}

TEST(JsonrpcPeer, NothingOfThePeersGoesToTheLogAsItIs) {
  kit h;
  h.connect();
  h.peer_sends(result_of(R"("\u001b[31m\u202e")", "1"));
  h.peer_sends(result_of("\"" + std::string(100'000, 'x') + "\"", "1"));
  for (const std::string& line : h.log()) {
    EXPECT_LT(line.size(), 1000u);
    EXPECT_EQ(line.find_first_of("\x1b\xe2"), std::string::npos) << line;
  }
  EXPECT_THAT(h.log(), Contains(HasSubstr("a reply to nothing of ours")));
}

}  // namespace
