// What other threads give to a client, without a client.
#include "io/net/mailbox.hpp"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

namespace mailbox_test {

using namespace std::chrono_literals;
using hawser::errc;
using hawser::lane;
using hawser::never;
using hawser::opcode;
using hawser::send_id;
using hawser::time_point;
using hawser::io::mailbox;
using hawser::io::message;
using ::testing::ElementsAre;
using state = mailbox::state;
using wake = mailbox::wake;

message text(std::string_view s, lane l = lane::bulk) {
  return {0, opcode::text, l, hawser::buffer(hawser::as_bytes(s))};
}
const auto any = [](lane, std::size_t) { return true; };
constexpr time_point start{100s};

TEST(mailbox, wakes_its_reader_once_for_all_that_waits) {
  mailbox m(3, {});
  m.set(state::linked);
  const auto first = m.send(text("a"), start, false);
  ASSERT_TRUE(first);
  EXPECT_EQ(first->id, 1u) << "ids are odd: those of hooks are even";
  EXPECT_EQ(first->whom, wake::reader);
  const auto second = m.submit([](hawser::context&) {}, true);
  ASSERT_TRUE(second);
  EXPECT_EQ(second->id, 3u);
  EXPECT_EQ(second->whom, wake::nobody);
  const auto all = m.take();
  ASSERT_EQ(all.size(), 2u);
  EXPECT_EQ(all[0].what.id, 1u);
  EXPECT_TRUE(all[1].task);
  EXPECT_EQ(m.send(text("b"), start, false)->whom, wake::reader) << "it was read since";
}

TEST(mailbox, is_bounded) {
  mailbox m(2, {});
  m.set(state::ready);
  ASSERT_TRUE(m.send(text("a"), start, false));
  ASSERT_TRUE(m.submit([](hawser::context&) {}, true));
  EXPECT_EQ(m.send(text("b"), start, false).error(), errc::mailbox_full);
  EXPECT_EQ(m.submit([](hawser::context&) {}, true).error(), errc::mailbox_full);
  EXPECT_TRUE(m.submit([](hawser::context&) {}, false)) << "what ends a call must come through";
}

TEST(mailbox, without_a_link_a_message_has_nowhere_to_go) {
  mailbox m(2, {});
  EXPECT_EQ(m.send(text("a"), start, false).error(), errc::not_connected);
  EXPECT_TRUE(m.submit([](hawser::context&) {}, true)) << "a task needs none";
}

TEST(mailbox, closed_it_takes_nothing) {
  mailbox m(9, {.messages = 9});
  m.set(state::linked);
  ASSERT_TRUE(m.submit([](hawser::context&) {}, true));
  EXPECT_EQ(m.close().size(), 1u) << "what it held is not lost";
  m.set(state::ready);
  EXPECT_FALSE(m.is_linked() || m.is_ready()) << "for ever";
  EXPECT_EQ(m.send(text("a"), start, false).error(), errc::stopped);
  EXPECT_EQ(m.submit([](hawser::context&) {}, false).error(), errc::stopped);
  EXPECT_TRUE(m.take().empty());
}

TEST(mailbox, what_is_put_back_comes_first) {
  mailbox m(9, {});
  m.set(state::ready);
  for (const char* s : {"a", "b", "c"}) ASSERT_TRUE(m.send(text(s), start, false));
  auto all = m.take();
  ASSERT_TRUE(m.send(text("d"), start, false));
  m.put_back(all, 1);
  std::vector<send_id> left;
  for (const auto& one : m.close()) left.push_back(one.what.id);
  EXPECT_THAT(left, ElementsAre(3, 5, 7));
}

TEST(mailbox, keeps_messages_until_a_link_is_ready) {
  mailbox m(9, {.messages = 2, .bytes = 100, .age = 30s});
  const auto first = m.send(text("a"), start, false);
  ASSERT_TRUE(first);
  EXPECT_EQ(first->whom, wake::clock) << "somebody has to look when it has waited too long";
  m.set(state::linked);
  const auto second = m.send(text("urgent", lane::control), start, false);
  ASSERT_TRUE(second);
  EXPECT_EQ(second->whom, wake::nobody);
  EXPECT_EQ(m.send(text("c"), start, false).error(), errc::offline_full);
  EXPECT_EQ(m.send(text("d"), start, true).error(), errc::stopped) << "no link is to come";
  EXPECT_EQ(m.kept().messages, 2u);
  EXPECT_FALSE(m.has_releasable(any)) << "it is not ready";
  m.set(state::ready);
  EXPECT_FALSE(m.has_releasable([](lane, std::size_t) { return false; }));
  EXPECT_EQ(m.send(text("e"), start, false).error(), errc::offline_full) << "behind those";
  EXPECT_EQ(m.release(any)->id, second->id) << "the most urgent lane";
  EXPECT_EQ(m.release(any)->id, first->id);
  EXPECT_FALSE(m.release(any));
  EXPECT_EQ(m.send(text("f"), start, false)->whom, wake::reader) << "now it goes straight";
  EXPECT_EQ(m.take().size(), 1u);
}

TEST(mailbox, tells_of_the_first_that_waited_too_long_since_a_link_was_ready) {
  mailbox m(9, {.messages = 9, .age = 30s});
  EXPECT_EQ(m.next_expiry(), never);
  for (int i = 0; i < 2; ++i) ASSERT_TRUE(m.send(text("a"), start, false));
  EXPECT_EQ(m.next_expiry(), start + 30s);
  EXPECT_FALSE(m.take_expired(start + 29s));
  EXPECT_TRUE(m.take_expired(start + 30s)->first);
  EXPECT_FALSE(m.take_expired(start + 30s)->first);
  m.set(state::ready);
  m.set(state::unlinked);
  ASSERT_TRUE(m.send(text("b"), start, false));
  EXPECT_TRUE(m.take_expired(start + 30s)->first);
}

TEST(mailbox, a_message_whose_link_went_is_kept_under_its_id) {
  mailbox m(9, {.messages = 1});
  m.set(state::ready);
  ASSERT_TRUE(m.send(text("a"), start, false));
  auto all = m.take();
  m.set(state::unlinked);
  EXPECT_TRUE(m.keep(std::move(all[0].what), start));
  EXPECT_EQ(m.keep(text("b"), start).error(), errc::offline_full);
  EXPECT_EQ(m.take_any()->id, 1u);
  EXPECT_FALSE(m.take_any());
}

}  // namespace mailbox_test
