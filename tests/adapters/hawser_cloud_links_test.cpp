// Which link the uplink works with, and what it makes of how links end.
#include "adapters/cloud_link.hpp"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

namespace hawser::test {
namespace hawser_cloud_links_test {

using namespace std::chrono_literals;
using ::testing::AllOf;
using ::testing::Each;
using ::testing::ElementsAre;
using ::testing::HasSubstr;
using ::testing::IsEmpty;

// The client goes on with the predecessor, which would carry nothing for ever.
TEST(hawser_cloud, where_a_successor_fell_the_streams_are_resumed_on_its_predecessor) {
  cloud_link f;
  f.open();
  f.resumed();
  f.give();
  f.open(true);
  f.link.open = false;
  f.at([&](context& c) { f.plugins.drop(c, {.link = 2, .error = errc::dropped}); });
  f.link.open = true;
  f.link.number = 1;
  ASSERT_TRUE(f.wake());
  EXPECT_EQ(f.now, time_point(1000s)) << "at once";
  EXPECT_THAT(f.kinds(), ElementsAre(effects::send::name)) << "resume";
  f.wanted.clear();
  f.resumed();
  f.give();
  EXPECT_THAT(f.kinds(), ElementsAre(effects::send::name)) << "the receipts";
}

TEST(hawser_cloud, a_predecessor_that_ends_takes_nothing_from_its_successor) {
  cloud_link f;
  f.open();
  f.open(true);
  f.at(
      [&](context& c) { f.plugins.drop(c, {.link = 1, .error = errc::closed, .replaced = true}); });
  EXPECT_THAT(f.kinds(), IsEmpty());
  f.resumed();
  f.give();
  EXPECT_THAT(f.kinds(), ElementsAre(effects::send::name));
}

// --- a cloud that takes nothing of what we send -------------------------------------------------

struct barren : cloud_link {
  using cloud_link::cloud_link;
  void end(close_code peers, std::optional<close_code> own = {}, error_code error = errc::closed) {
    link.open = false;
    drop_info d{.link = link.number, .error = error, .own_close = own, .code = peers};
    d.detail = "the peer's Close frame";
    at([&](context& c) { plugins.drop(c, d); });
  }
  // How long the next attempt has to wait.
  duration wait() {
    handshake h;
    const admission a = at([&](context& c) { return plugins.connecting(c, h); });
    return a.what() == admission::kind::wait ? a.until() - now : duration::zero();
  }
};

TEST(hawser_cloud, three_ends_for_the_protocol_without_progress_are_told_and_slow_down) {
  barren f;
  for (int n = 1; n <= 2; ++n) {
    f.open();
    f.end(close_code::protocol_error);
    EXPECT_EQ(f.wait(), 0s) << n;
    EXPECT_THAT(f.lines.lines, IsEmpty());
  }
  for (const duration most : {60s, 120s, 240s, 480s, 900s, 900s}) {
    f.open();
    f.lines.lines.clear();
    f.end(close_code::protocol_error);
    EXPECT_GE(f.wait(), most / 2);
    EXPECT_LE(f.wait(), most);
    ASSERT_EQ(f.lines.lines.size(), 1U);
    EXPECT_EQ(f.lines.levels.back(), log_level::error);
    EXPECT_THAT(f.lines.lines[0],
                AllOf(HasSubstr("times without progress, at last by: the peer's"),
                      HasSubstr("next attempt in "), HasSubstr("have the same version")));
    f.now += f.wait();
    EXPECT_EQ(f.wait(), 0s);
  }
}

TEST(hawser_cloud, an_acknowledgment_is_progress) {
  barren f;
  for (std::uint64_t seq = 1; seq <= 3; ++seq) {
    f.open();
    f.end(close_code::protocol_error);
    f.open();
    f.resumed();
    f.give();
    f.say(wire::ack{{{1, seq}}, 0, 0});
    f.end(close_code::protocol_error);
    EXPECT_EQ(f.wait(), 0s) << seq;
  }
  EXPECT_THAT(f.lines.levels, Each(log_level::warn)) << "only of the ledger, which is behind";
}

TEST(hawser_cloud, which_ends_are_for_the_protocol) {
  using enum close_code;
  const auto third = [](auto&& end) {
    barren f;
    for (int n = 0; n < 3; ++n) {
      f.open();
      end(f);
    }
    return f.wait() > 0s;
  };
  for (const close_code code :
       {protocol_error, unsupported_data, bad_payload, too_big, missing_extension}) {
    EXPECT_TRUE(third([&](barren& f) { f.end(code); })) << static_cast<int>(code);
    EXPECT_TRUE(third([&](barren& f) { f.end(abnormal, code); })) << static_cast<int>(code);
  }
  for (const close_code code : {normal, going_away, no_status, abnormal, policy_violation,
                                internal_error, service_restart, try_again_later}) {
    EXPECT_FALSE(third([&](barren& f) { f.end(code); })) << static_cast<int>(code);
  }
  EXPECT_TRUE(third([](barren& f) { f.end(abnormal, {}, framing_errc::bad_length); }));
  EXPECT_TRUE(third([](barren& f) { f.end(abnormal, {}, framing_errc::message_too_big); }));
  EXPECT_FALSE(third([](barren& f) { f.end(abnormal, {}, errc::dropped); }));
}

TEST(hawser_cloud, a_link_that_lived_was_not_ended_for_what_every_link_sends) {
  barren f;
  for (int n = 0; n < 10; ++n) {
    f.open();
    f.now += 60s;
    f.end(close_code::protocol_error);
    EXPECT_EQ(f.wait(), 0s);
  }
}

// Another end between them is no progress.
TEST(hawser_cloud, lost_links_between_them_do_not_count) {
  barren f;
  for (int n = 0; n < 3; ++n) {
    f.open();
    f.end(close_code::abnormal, {}, errc::dropped);
    f.open();
    f.end(close_code::protocol_error);
  }
  EXPECT_GE(f.wait(), 30s);
}

}  // namespace hawser_cloud_links_test
}  // namespace hawser::test
