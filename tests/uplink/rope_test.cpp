// An edge and a cloud over loopback: whatever is cut, stopped or denied in between, every receipt
// arrives once and in order.
#include "support/fault_vfs.hpp"
#include "support/raw_device.hpp"
#include "support/raw_server.hpp"
#include "support/receipt_chain.hpp"
#include "support/rope_fixture.hpp"
#include "support/words.hpp"

namespace hawser {
namespace rope_test {

namespace fs = std::filesystem;
using test::message_of;
using test::patience;
using test::raw_device;
using test::receipt_chain;
using test::resume_of;
using test::set_quota;
using test::use;
using ::testing::HasSubstr;
using std::chrono_literals::operator""ms;
using std::chrono_literals::operator""s;

class rope : public test::rope_fixture {};

TEST_F(rope, carries_every_receipt_once_and_in_order) {
  start_cloud();
  start_edge();
  for (const char* id : {"a", "b", "c"}) feed(id, 300);
  drain();
  EXPECT_EQ(node->pending(), 0U);
  expect_whole_ledger();
  EXPECT_EQ(node->stop(5s), 0U);
  EXPECT_EQ(acknowledged["gw-7/quota/a"], 302U) << "and the edge says so";
}

// A program that bounds its client's queues tightly must not starve the uplink.
TEST_F(rope, has_room_for_what_may_be_in_flight_whatever_the_lanes_bounds) {
  for (lane_limits& l : edge_opts.uplink.limits.lanes) l = {.frames = 1, .bytes = 100};
  start_edge();
  for (const char* id : {"a", "b", "c"}) feed(id, 300);
  start_cloud();
  drain();
  expect_whole_ledger();
  EXPECT_EQ(edge_log->all().find("send queue full"), std::string::npos) << edge_log->all();
}

TEST_F(rope, moves_to_fresh_links_while_receipts_flow) {
  start_cloud();
  start_edge();
  node->recycle();  // There may be no link yet.
  for (int i = 0; i < 10; ++i) {
    feed("a", 100);
    node->recycle();
    feed("b", 100);
  }
  drain();
  expect_whole_ledger();
  EXPECT_THAT(edge_log->all(), HasSubstr("recycled: link"));
}

TEST_F(rope, waits_for_a_cloud_that_comes_later) {
  start_edge();
  feed("a", 100);
  EXPECT_GE(node->pending(), 100U);
  EXPECT_FALSE(node->drain(1ms));
  start_cloud();
  drain();
  expect_whole_ledger();
}

// What `ws.close()` of a browser or Node sends (1005): no failure, and no end of the uplink.
TEST_F(rope, an_empty_close_is_an_orderly_end) {
  edge_opts.uplink.deadlines.upgrade = 1s;  // The old server does not answer once it has left.
  for (const std::string payload : {"", "\x03\xe8"}) {
    test::raw_server leaving([&](const test::raw_server::link& l) {
      const std::string request = l.read_request();
      const auto key = request.find("Sec-WebSocket-Key: ") + 19;
      l.write(
          "HTTP/1.1 101 Switching Protocols\r\nUpgrade: websocket\r\nConnection: Upgrade\r\n"
          "Sec-WebSocket-Protocol: hawser.v1.cbor\r\nSec-WebSocket-Accept: " +
          io::accept_for(request.substr(key, 24)) + "\r\n\r\n" + test::server_frame(8, payload));
      l.wait_for_end();
    });
    aim(leaving.port());
    edge_log = std::make_shared<test::line_log>();
    edge_opts.log = edge_log;
    start_edge();
    feed("a", 10);
    const std::string code = payload.empty() ? "code=1005" : "code=1000";
    ASSERT_TRUE(edge_log->wait_for("drop link=1 error=\"the peer closed the link\" " + code +
                                   " by=peer clean=yes"))
        << edge_log->all();
    start_cloud();
    drain();
    expect_whole_ledger();
    EXPECT_EQ(edge_log->count("uplink ended"), 0U) << edge_log->all();
    stop_edge();
    stop_cloud();
  }
}

TEST_F(rope, survives_restarts_of_the_cloud) {
  start_edge();
  for (int i = 0; i < 5; ++i) {
    start_cloud();
    feed("a", 100);
    if (i % 2 == 0) drain();
    feed("a", 100);
    stop_cloud();
    feed("a", 10);
  }
  start_cloud();
  drain();
  expect_whole_ledger();
}

TEST_F(rope, survives_restarts_of_the_edge) {
  start_cloud();
  for (int i = 0; i < 5; ++i) {
    start_edge();
    feed("a", 200);
    feed("b", 50);
    if (i % 2 == 0) drain();
    stop_edge();
  }
  start_edge();
  drain();
  expect_whole_ledger();
}

class rope_cut : public rope, public ::testing::WithParamInterface<io::cut_kind> {};

std::string name_of(const ::testing::TestParamInfo<io::cut_kind>& kind) {
  return kind.param == io::cut_kind::hang_up   ? "hang_up"
         : kind.param == io::cut_kind::silence ? "silence"
                                               : "reset";
}

INSTANTIATE_TEST_SUITE_P(kinds, rope_cut,
                         ::testing::Values(io::cut_kind::hang_up, io::cut_kind::silence,
                                           io::cut_kind::reset),
                         name_of);

TEST_P(rope_cut, loses_and_repeats_nothing) {
  start_cloud();
  start_edge();
  std::mt19937_64 random(7 + static_cast<unsigned>(GetParam()));
  for (int i = 0; i < 12; ++i) {
    feed(i % 2 ? "a" : "b", static_cast<int>(random() % 200));
    cut(GetParam());
    feed(i % 3 ? "a" : "b", static_cast<int>(random() % 50));
    if (i % 2 == 0) drain();  // over a new link; else the next cut may meet a link half made
  }
  drain();
  expect_whole_ledger();
}

TEST_F(rope, a_small_mailbox_and_a_slow_token_lose_no_movement) {
  std::promise<void> release;
  const auto released = release.get_future().share();
  edge_opts.token = [released] {
    released.wait();
    return std::string("t");
  };
  edge_opts.uplink.limits.mailbox = 1;
  start_cloud();
  start_edge();
  for (int i = 0; i < 100; ++i) {  // one group each
    feed("a", 1);
    feed("q" + std::to_string(i), 1);
  }
  release.set_value();
  drain();
  expect_whole_ledger();
}

// --- who may come in ----------------------------------------------------------------------------

TEST_F(rope, a_wrong_token_is_tried_again_with_a_new_one) {
  cloud_opts.authenticate = true;
  cloud_opts.tokens = {{"gw-7", "right"}};
  std::atomic<int> asked = 0;
  std::atomic<bool> renewed = false;
  edge_opts.token = [&] {
    ++asked;
    return std::string(renewed ? "right" : "wrong");
  };
  start_cloud();
  start_edge();
  feed("a", 10);
  ASSERT_TRUE(edge_log->wait_for("reconnect: ", 3)) << "it keeps trying\n" << edge_log->all();
  EXPECT_THAT(edge_log->all(), HasSubstr("401"));
  EXPECT_FALSE(node->drain(1ms));
  renewed = true;
  drain();
  EXPECT_GE(asked, 4) << "the token is asked for anew";
  expect_whole_ledger();
  EXPECT_EQ((edge_log->all() + cloud_log->all()).find("wrong"), std::string::npos)
      << "a token is never logged";
}

TEST_F(rope, the_token_of_another_device_is_refused_with_1008) {
  cloud_opts.authenticate = true;
  cloud_opts.tokens = {{"gw-7", "right"}, {"gw-8", "other"}};
  start_cloud();
  raw_device impostor(port, {{"Authorization", "Bearer other"}});
  impostor.hello("gw-7");
  impostor.wait_for_end();
  EXPECT_EQ(impostor.code(), close_code::policy_violation) << impostor.reason();
  EXPECT_TRUE(cloud_log->wait_for("the token of 'gw-8' was shown by 'gw-7'"));

  std::atomic<bool> renewed = false;
  edge_opts.token = [&] { return std::string(renewed ? "right" : "other"); };
  start_edge();
  feed("a", 10);
  ASSERT_TRUE(edge_log->wait_for("1008", 2)) << "it keeps trying\n" << edge_log->all();
  renewed = true;
  drain();
  expect_whole_ledger();
}

TEST_F(rope, without_the_subprotocol_or_a_token_nobody_comes_in) {
  cloud_opts.authenticate = true;
  cloud_opts.tokens = {{"gw-7", "right"}};
  start_cloud();
  for (const char* value : {"", "Bearer ", "Bearer wrong", "Basic right", "right"}) {
    raw_device stranger(port, {{"Authorization", value}});
    stranger.wait_for_end();
    EXPECT_EQ(stranger.error(), errc::unauthorized) << value;
  }
  raw_device stranger(port);
  stranger.wait_for_end();
  EXPECT_EQ(stranger.error(), errc::unauthorized);
}

// --- two links, two histories -------------------------------------------------------------------

TEST_F(rope, after_a_newer_link_has_resumed_the_older_one_is_refused) {
  start_cloud();
  receipt_chain chain({"gw-9", "quota/a", 77});
  const stream_head origin = chain.head();
  const auto rows = chain.next_batch(3);

  raw_device older(port);
  older.hello("gw-9");
  older.say(resume_of(1, chain));
  older.next_as<wire::welcome>();
  EXPECT_EQ(older.next_as<wire::resumed>().streams.at(0).status, wire::resume_status::new_stream);
  {
    raw_device newer(port);
    newer.hello("gw-9");
    newer.say(resume_of(5, chain));
    newer.next_as<wire::welcome>();
    newer.next_as<wire::resumed>();

    older.say(message_of(1, origin, rows));
    EXPECT_EQ(older.next_as<wire::nack>().code, wire::nack_code::superseded);
    newer.say(message_of(5, origin, rows));
    EXPECT_EQ(newer.next_as<wire::ack>().streams.at(0).committed_seq, 3U);
    newer.say(message_of(5, origin, rows));
    EXPECT_EQ(newer.next_as<wire::ack>().streams.at(0).committed_seq, 3U) << "again is once";
  }
  EXPECT_EQ(ledger().found.receipts, 3U);
}

// What the ledger holds of a stream, before the edge has told it: another history.
void commit_elsewhere(std::uint16_t port, receipt_chain chain, std::size_t count) {
  raw_device device(port);
  const stream_head origin = chain.head();
  device.hello(chain.key().device);
  device.say(resume_of(1, chain));
  device.next_as<wire::welcome>();
  device.next_as<wire::resumed>();
  device.say(message_of(1, origin, chain.next_batch(count, "elsewhere")));
  EXPECT_EQ(device.next_as<wire::ack>().streams.at(0).committed_seq, count);
}

stream_key key_of(const std::string& store, const std::string& governor) {
  std::string error;
  const auto archive = take_words(open_outbox_archive(store), error);
  for (const stored_stream& s : (*archive)->streams().value()) {
    if (s.key.governor == governor) return s.key;
  }
  throw std::runtime_error("no stream " + governor);
}

TEST_F(rope, a_fork_is_alarmed_and_parked_and_the_other_streams_go_on) {
  start_edge();
  feed("a", 20);
  feed("b", 20);
  start_cloud();
  stop_edge();
  stop_cloud();  // Whatever had arrived by now is thrown away with its ledger.
  for (const char* tail : {"", "-wal", "-shm"}) fs::remove(cloud_opts.ledger + tail);
  start_cloud();
  receipt_chain other(key_of(edge_opts.store, "quota/a"));
  commit_elsewhere(port, other, 5);

  start_edge();
  ASSERT_TRUE(edge_log->wait_for("ALARM stream")) << edge_log->all();
  feed("b", 30);
  feed("a", 1);
  ASSERT_TRUE(edge_log->wait_for("fork"));
  const auto pending_of_a = 23U;  // set_quota leaves two receipts
  const auto deadline = std::chrono::steady_clock::now() + patience;
  while (node->pending() > pending_of_a) {
    ASSERT_LT(std::chrono::steady_clock::now(), deadline) << edge_log->all();
    std::this_thread::yield();
  }
  expect_whole_stream(ledger(), "b", 50);
  EXPECT_EQ(ledger().keys["quota/a"].size(), 0U) << "nothing of it is merged";
  EXPECT_EQ(ledger().found.broken, 0U);
}

TEST_F(rope, a_contradicting_batch_quarantines_its_stream_alone) {
  start_cloud();
  const stream_key key{"gw-9", "quota/a", 77};
  receipt_chain chain(key);
  commit_elsewhere(port, chain, 5);

  raw_device device(port);
  const stream_head origin = chain.head();
  receipt_chain healthy({"gw-9", "quota/b", 77});
  device.hello("gw-9");
  const auto rows = chain.next_batch(6);
  device.say(resume_of(1, chain));
  device.say(resume_of(2, healthy));
  device.next_as<wire::welcome>();
  device.next_as<wire::resumed>();
  device.next_as<wire::resumed>();
  device.say(message_of(1, origin, rows));
  EXPECT_EQ(device.next_as<wire::nack>().code, wire::nack_code::fork);
  EXPECT_TRUE(cloud_log->wait_for("ALARM fork: device 'gw-9' stream quota/a at seq 1"));
  const stream_head start = healthy.head();
  device.say(message_of(2, start, healthy.next_batch(4)));
  EXPECT_EQ(device.next_as<wire::ack>().streams.at(0).committed_seq, 4U);

  raw_device later(port);
  later.hello("gw-9");
  later.say(resume_of(1, chain));
  later.next_as<wire::welcome>();
  EXPECT_EQ(later.next_as<wire::resumed>().streams.at(0).status, wire::resume_status::fork)
      << "it stays in quarantine";
  EXPECT_TRUE(cloud_log->wait_for("stream quota/a resumes with another history"));
  EXPECT_EQ(ledger().found.receipts, 9U);
}

}  // namespace rope_test
}  // namespace hawser
