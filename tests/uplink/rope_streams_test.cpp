// How many streams a device may have, and what they are called on a link.
#include "support/raw_device.hpp"
#include "support/receipt_chain.hpp"
#include "support/rope_fixture.hpp"
#include "support/words.hpp"

#include <deque>

namespace hawser {
namespace rope_streams_test {

using test::line_log;
using test::message_of;
using test::patience;
using test::raw_device;
using test::receipt_chain;
using test::resume_of;
using test::set_quota;
using test::usage_of;
using test::use;
using ::testing::HasSubstr;

class rope_streams : public test::rope_fixture {};

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

// Resumes three streams of ten-byte names in one message; the third is one too many.
void expect_third_refused(std::uint16_t port, line_log& log, const std::string& why) {
  raw_device device(port);
  device.hello("gw-9");
  device.next_as<wire::welcome>();
  std::vector<receipt_chain> chains;
  wire::resume all;
  for (std::uint32_t sid = 1; sid <= 3; ++sid) {
    chains.emplace_back(stream_key{"gw-9", "quota/abc" + std::to_string(sid), 77});
    all.streams.push_back(resume_of(sid, chains.back()).streams[0]);
  }
  device.say(all);
  const auto refused = device.next_as<wire::nack>();
  EXPECT_EQ(refused.sid, 3U);
  EXPECT_EQ(refused.code, wire::nack_code::too_big);
  EXPECT_THAT(refused.detail, HasSubstr(why));
  EXPECT_EQ(device.next_as<wire::resumed>().streams.size(), 2U);
  for (std::uint32_t sid = 1; sid <= 3; ++sid) {
    receipt_chain& chain = chains[sid - 1];
    const stream_head origin = chain.head();
    device.say(message_of(sid, origin, chain.next_batch(2)));
    if (sid < 3) {
      EXPECT_EQ(device.next_as<wire::ack>().streams.at(0).committed_seq, 2U);
    } else {
      EXPECT_EQ(device.next_as<wire::nack>().code, wire::nack_code::too_big);
    }
  }
  EXPECT_TRUE(log.wait_for(why));
}

TEST_F(rope_streams, a_cloud_refuses_what_is_one_too_many_and_keeps_the_link) {
  cloud_opts.streams = 2;
  start_cloud();
  expect_third_refused(port, *cloud_log, "more than 2 streams of one link");
  EXPECT_EQ(ledger().found.receipts, 4U);
}

TEST_F(rope_streams, a_cloud_refuses_names_that_are_too_long_together) {
  cloud_opts.name_bytes = 29;
  start_cloud();
  expect_third_refused(port, *cloud_log, "more than 29 bytes of names of the streams of one link");
  EXPECT_EQ(ledger().found.receipts, 4U);
}

// Many links do not get a device more than two of them would; other devices are not hurt.
TEST_F(rope_streams, a_cloud_refuses_what_is_one_too_many_of_a_device) {
  cloud_opts.streams = 2;
  start_cloud();
  const auto resume = [](raw_device& d, std::uint32_t sid, const std::string& name) {
    d.say(resume_of(sid, receipt_chain({"", "quota/" + name, 77})));
  };
  std::deque<raw_device> links;
  for (const char* names : {"ab", "cd"}) {
    raw_device& d = links.emplace_back(port);
    d.hello("gw-9");
    d.next_as<wire::welcome>();
    for (std::uint32_t sid = 1; sid <= 2; ++sid) {
      resume(d, sid, {names[sid - 1]});
      d.next_as<wire::resumed>();
    }
  }
  raw_device third(port);
  third.hello("gw-9");
  third.next_as<wire::welcome>();
  resume(third, 1, "e");
  EXPECT_THAT(third.next_as<wire::nack>().detail, HasSubstr("more than 4 streams of one device"));
  resume(third, 2, "a");
  EXPECT_EQ(third.next_as<wire::resumed>().streams.at(0).sid, 2U) << "known already";
  raw_device other(port);
  other.hello("gw-8");
  other.next_as<wire::welcome>();
  resume(other, 1, "e");
  EXPECT_EQ(other.next_as<wire::resumed>().streams.size(), 1U);
  links.pop_front();
  // What a link has named goes with it.
  const auto deadline = std::chrono::steady_clock::now() + patience;
  while (true) {
    resume(third, 1, "e");
    const auto answer = third.next();
    if (answer && std::holds_alternative<wire::resumed>(*answer)) break;
    ASSERT_LT(std::chrono::steady_clock::now(), deadline);
  }
}

// More resumes at once than the disk can answer: they wait at their link, not in its way.
TEST_F(rope_streams, a_flood_of_resumes_of_one_link_holds_up_no_other) {
  cloud_opts.queued = 16;
  start_cloud();
  raw_device flood(port);
  flood.hello("gw-9");
  flood.next_as<wire::welcome>();
  receipt_chain chain({"gw-9", "quota/a", 77});
  for (int n = 0; n < 200; ++n) {
    for (std::uint32_t sid = 1; sid <= 20; ++sid) flood.say(resume_of(sid, chain));
  }
  raw_device other(port);
  other.hello("gw-8");
  other.next_as<wire::welcome>();
  other.say(resume_of(1, receipt_chain({"gw-8", "quota/a", 77})));
  EXPECT_EQ(other.next_as<wire::resumed>().streams.size(), 1U);
  flood.next_as<wire::resumed>();
  EXPECT_FALSE(flood.ended());
}

TEST_F(rope_streams, a_device_above_the_bound_of_its_cloud_does_not_lose_its_link) {
  cloud_opts.streams = 2;
  start_edge();
  for (const char* id : {"a", "b", "c"}) feed(id, 5);
  start_cloud();
  ASSERT_TRUE(edge_log->wait_for(
      "ALARM stream quota/c: its resume was refused: too_big: more than 2 streams of one link"))
      << edge_log->all();
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

// Another link of its name was there for a moment, and no event came meanwhile.
TEST_F(rope_streams, a_device_that_was_superseded_for_a_moment_takes_its_streams_back) {
  start_cloud();
  start_edge();
  feed("a", 5);
  drain();
  const stream_key key = [&] {
    const auto archive = take_words(open_ledger_archive(cloud_opts.ledger), error);
    return (*archive)->streams().value().at(0).key;
  }();
  {
    raw_device other(port);
    other.hello("gw-7");
    other.next_as<wire::welcome>();
    other.say(wire::resume{{{1, key.governor, key.epoch, 7, {6, {}}}}, {}});
    other.next_as<wire::resumed>();
  }
  feed("a", 20);
  drain();
  EXPECT_EQ(edge_log->count("superseded: another link of 'gw-7' has resumed stream quota/a"), 1U)
      << edge_log->all();
  EXPECT_EQ(cloud_log->count("give each its own name"), 1U) << cloud_log->all();
  EXPECT_FALSE(edge_log->count("ALARM") != 0) << edge_log->all();
  expect_whole_ledger();
}

// Neither is shut out for good, whoever came last: both links live on.
TEST_F(rope_streams, two_links_of_one_name_take_the_streams_from_each_other) {
  start_cloud();
  start_edge();
  feed("a", 5);
  drain();
  const auto archive = take_words(open_ledger_archive(cloud_opts.ledger), error);
  const stored_stream held = (*archive)->streams().value().at(0);
  raw_device other(port);
  other.hello("gw-7");
  other.next_as<wire::welcome>();
  for (int round = 0; round < 2; ++round) {
    other.say(wire::resume{{{1, held.key.governor, held.key.epoch, 7, {6, {}}}}, {}});
    other.next_as<wire::resumed>();
    feed("a", 3);
    drain();
  }
  EXPECT_GE(edge_log->count("superseded: another link"), 2U) << edge_log->all();
  EXPECT_FALSE(edge_log->count("ALARM") != 0) << edge_log->all();
  expect_whole_ledger();
}

}  // namespace rope_streams_test
}  // namespace hawser
