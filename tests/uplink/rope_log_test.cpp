// What edge and cloud say of each other: whose link a line is about, and what lasts is told once.
#include <hawser/store/sqlite.hpp>

#include "support/fault_vfs.hpp"
#include "support/raw_device.hpp"
#include "support/receipt_chain.hpp"
#include "support/rope_fixture.hpp"
#include "support/words.hpp"

#include <gmock/gmock.h>

namespace hawser {
namespace rope_log_test {

using test::fault_vfs;
using test::message_of;
using test::raw_device;
using test::receipt_chain;
using test::resume_of;
using ::testing::ContainsRegex;
using ::testing::HasSubstr;
using ::testing::Not;

class rope_log : public test::rope_fixture {};

TEST_F(rope_log, a_link_is_told_by_its_address_and_then_by_its_device) {
  cloud_opts.trace = std::make_shared<trace_control>();
  ASSERT_EQ(words_of(cloud_opts.trace->set("on")), "");
  start_cloud();
  raw_device device(port);
  device.hello("gw\n9");
  EXPECT_TRUE(device.ended() || !device.next());
  raw_device named(port);
  named.hello("gw-9");
  named.next_as<wire::welcome>();
  named.hello("gw-9");
  EXPECT_FALSE(named.next());
  stop_cloud();
  const std::string all = cloud_log->all();
  EXPECT_THAT(all, ContainsRegex("peer 1 \\(127\\.0\\.0\\.1:[0-9]+\\) connected target=/"));
  EXPECT_THAT(all, ContainsRegex("peer 1 \\(127\\.0\\.0\\.1:[0-9]+\\) open link=1"));
  EXPECT_THAT(all, ContainsRegex("peer 1 \\(127\\.0\\.0\\.1:[0-9]+\\) broke the protocol: a device "
                                 "name with control characters"));
  EXPECT_THAT(all, ContainsRegex("peer 2 \\(127\\.0\\.0\\.1:[0-9]+, gw-9\\) drop link=2"));
  EXPECT_THAT(all,
              ContainsRegex("peer 2 \\(127\\.0\\.0\\.1:[0-9]+, gw-9\\) device 'gw-9' broke the "
                            "protocol: a second hello"));
  EXPECT_THAT(all, Not(HasSubstr("connecting attempt")));
}

TEST_F(rope_log, a_failed_ledger_is_told_once_and_not_with_each_batch) {
  fault_vfs disk;
  cloud_opts.make_store = ledger_in_sqlite(disk.name());
  start_cloud();
  receipt_chain chain({"gw-9", "quota/a", 77});
  const stream_head origin = chain.head();
  const auto rows = chain.next_batch(3);
  raw_device device(port);
  device.hello("gw-9");
  device.next_as<wire::welcome>();
  device.say(resume_of(1, chain));
  device.next_as<wire::resumed>();
  disk.fail(fault_vfs::kind::sync, 1, SQLITE_IOERR_FSYNC, 1'000'000);
  for (int i = 0; i < 5; ++i) {
    device.say(message_of(1, origin, rows));
    EXPECT_EQ(device.next_as<wire::nack>().code, wire::nack_code::busy);
  }
  sky->stop();
  EXPECT_TRUE(sky->ledger_failed());
  EXPECT_EQ(cloud_log->count("nack to"), 0U) << cloud_log->all();
  EXPECT_GE(cloud_log->count("ledger: a group failed"), 1U) << cloud_log->all();
  stop_cloud();  // before its disk
}

// Neither a device gone wrong nor a hostile one fills the disk with what it is refused.
TEST_F(rope_log, a_device_that_is_refused_again_and_again_is_told_once_for_each_reason) {
  start_cloud();
  receipt_chain chain({"gw-9", "quota/a", 77}), other({"gw-9", "quota/a", 77});
  const stream_head origin = chain.head();
  const auto resume = resume_of(1, chain);
  const auto rows = chain.next_batch(3);
  (void)other.next_batch(2);
  const stream_head behind = other.head();
  const auto beyond = other.next_batch(1);
  raw_device device(port);
  device.hello("gw-9");
  device.next_as<wire::welcome>();
  device.say(resume);
  device.next_as<wire::resumed>();
  auto broken = message_of(1, origin, rows);
  broken.head[0] ^= std::byte{1};
  for (int i = 0; i < 5; ++i) {
    device.say(broken);
    EXPECT_EQ(device.next_as<wire::nack>().code, wire::nack_code::corrupt);
    device.say(message_of(1, behind, beyond));
    EXPECT_EQ(device.next_as<wire::nack>().code, wire::nack_code::gap);
    device.say(message_of(7, origin, rows));
    EXPECT_EQ(device.next_as<wire::nack>().code, wire::nack_code::unknown_stream);
  }
  stop_cloud();
  EXPECT_EQ(cloud_log->count(": corrupt: "), 1U) << cloud_log->all();
  EXPECT_EQ(cloud_log->count(": gap: "), 1U) << cloud_log->all();
  EXPECT_EQ(cloud_log->count(": unknown_stream: "), 1U) << cloud_log->all();
}

TEST_F(rope_log, a_ledger_that_works_again_has_not_failed) {
  fault_vfs disk;
  cloud_opts.make_store = ledger_in_sqlite(disk.name());
  start_cloud();
  start_edge();
  feed("a", 10);
  drain();
  disk.fail(fault_vfs::kind::sync, 1, SQLITE_IOERR_FSYNC, 2);
  feed("a", 10);
  drain();
  stop_edge();
  sky->stop();
  EXPECT_FALSE(sky->ledger_failed());
  EXPECT_EQ(edge_log->count(": busy: "), 1U) << edge_log->all();
  stop_cloud();  // before its disk
}

}  // namespace rope_log_test
}  // namespace hawser
