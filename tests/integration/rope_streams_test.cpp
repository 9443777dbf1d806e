// How many streams a device may have, and what they are called on a link.
#include "support/raw_device.hpp"
#include "support/receipt_chain.hpp"
#include "support/rope_fixture.hpp"

namespace hawser {
namespace rope_streams_test {

using ::testing::HasSubstr;
using testing::message_of;
using testing::patience;
using testing::raw_device;
using testing::receipt_chain;
using testing::resume_of;
using testing::set_quota;
using testing::usage_of;
using testing::use;

class rope_streams : public testing::rope_fixture {};

TEST_F(rope_streams, an_edge_refuses_the_event_that_would_begin_one_too_many) {
  edge_opts.limits.streams = 2;
  start_edge();
  EXPECT_EQ(ask(use("c")).error, "invalid_event") << "what begins nothing is answered as ever";
  for (int round = 0; round < 2; ++round) {
    feed("a", 5);
    feed("b", 5);
    const answer refused = ask(set_quota("c"));
    EXPECT_EQ(refused.error, "too_many_governors") << round;
    EXPECT_THAT(refused.json, HasSubstr("there are 2 streams already"));
    EXPECT_EQ(ask(usage_of("c")).error, "not_configured") << "and nothing was begun";
    stop_edge();
    start_edge();
  }
}

TEST_F(rope_streams, a_cloud_refuses_what_is_one_too_many_and_keeps_the_link) {
  cloud_opts.streams = 2;
  start_cloud();
  raw_device device(port);
  device.hello("gw-9");
  device.next_as<wire::welcome>();
  for (std::uint32_t sid = 1; sid <= 3; ++sid) {
    receipt_chain chain({"gw-9", "quota/" + std::to_string(sid), 77});
    const stream_head origin = chain.head();
    device.say(resume_of(sid, chain));
    EXPECT_EQ(device.next_as<wire::resumed>().streams.at(0).status,
              wire::resume_status::new_stream);
    device.say(message_of(sid, origin, chain.next_batch(2)));
    if (sid < 3) {
      EXPECT_EQ(device.next_as<wire::ack>().streams.at(0).committed_seq, 2U);
    } else {
      const auto refused = device.next_as<wire::nack>();
      EXPECT_EQ(refused.code, wire::nack_code::too_big);
      EXPECT_THAT(refused.detail, HasSubstr("more than 2 streams"));
    }
  }
  EXPECT_EQ(ledger().found.receipts, 4U);
}

TEST_F(rope_streams, a_device_above_the_bound_of_its_cloud_does_not_lose_its_link) {
  cloud_opts.streams = 2;
  start_edge();
  for (const char* id : {"a", "b", "c"}) feed(id, 5);
  start_cloud();
  ASSERT_TRUE(edge_log->wait_for("ALARM stream 3: too_big")) << edge_log->all();
  feed("a", 100);
  const auto deadline = std::chrono::steady_clock::now() + patience;
  while (node->pending() > 7) {
    ASSERT_LT(std::chrono::steady_clock::now(), deadline) << edge_log->all();
    std::this_thread::yield();
  }
  EXPECT_EQ(cloud_log->count("nack to"), 1U) << "one link, one refusal\n" << cloud_log->all();
  const auto v = ledger();
  expect_whole_stream(v, "a", 105);
  expect_whole_stream(v, "b", 5);
}

TEST_F(rope_streams, a_sid_that_changes_its_stream_ends_the_link) {
  start_cloud();
  receipt_chain a({"gw-9", "quota/a", 77});
  receipt_chain b({"gw-9", "quota/b", 77});
  raw_device device(port);
  device.hello("gw-9");
  device.next_as<wire::welcome>();
  for (int i = 0; i < 2; ++i) {
    device.say(resume_of(1, a));
    device.next_as<wire::resumed>();
  }
  device.say(resume_of(1, b));
  device.wait_for_end();
  EXPECT_EQ(device.code(), close_code::protocol_error);
  EXPECT_EQ(device.reason(), "sid 1 names another stream already");
}

}  // namespace rope_streams_test
}  // namespace hawser
