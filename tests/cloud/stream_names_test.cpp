#include "cloud/stream_names.hpp"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

namespace hawser {
namespace stream_names_test {

using ::testing::HasSubstr;
using ::testing::StartsWith;
using naming = link_streams::naming;

struct stream_bounds : ::testing::Test {
  static stream_key key(const std::string& governor, const std::string& device = "gw") {
    return {device, governor, 7};
  }
  naming name(link_streams& link, std::uint32_t sid, const stream_key& k) {
    return link.resume(k, sid, 1, {}, why);
  }
  std::string why;
};

TEST_F(stream_bounds, of_a_link_in_number) {
  stream_names all({2, 1000});
  link_streams link(all, 1);
  EXPECT_EQ(name(link, 1, key("a")), naming::taken);
  EXPECT_EQ(name(link, 2, key("b")), naming::taken);
  EXPECT_EQ(name(link, 3, key("c")), naming::refused);
  EXPECT_THAT(why, StartsWith("more than 2 streams of one link"));
  EXPECT_EQ(link.find(3), nullptr);
  EXPECT_EQ(name(link, 2, key("b")), naming::taken) << "again is not one more";
  link_streams other(all, 2);
  EXPECT_EQ(name(other, 1, key("a", "gw-2")), naming::taken) << "others are not hurt";
}

TEST_F(stream_bounds, an_alarm_is_for_a_stream_of_the_link_and_once) {
  stream_names all({2, 1000});
  link_streams link(all, 1);
  EXPECT_FALSE(link.alarm(1));
  name(link, 1, key("a"));
  name(link, 2, key("b"));
  EXPECT_TRUE(link.alarm(1));
  EXPECT_FALSE(link.alarm(1));
  EXPECT_TRUE(link.alarm(2));
}

TEST_F(stream_bounds, of_a_link_in_bytes) {
  stream_names all({10, 8});
  link_streams link(all, 1);
  EXPECT_EQ(name(link, 1, key("aaaaa")), naming::taken);
  EXPECT_EQ(name(link, 2, key("bbbb")), naming::refused);
  EXPECT_THAT(why, StartsWith("more than 8 bytes of names of the streams of one link"));
  EXPECT_EQ(name(link, 3, key("ccc")), naming::taken) << "what fits";
  EXPECT_EQ(link.bytes(), 8u);
}

TEST_F(stream_bounds, of_a_device_in_number) {
  stream_names all({2, 1000});
  link_streams first(all, 1), second(all, 2), third(all, 3);
  name(first, 1, key("a"));
  name(first, 2, key("b"));
  EXPECT_EQ(name(second, 1, key("a")), naming::taken) << "known already";
  EXPECT_EQ(name(second, 2, key("c")), naming::taken);
  EXPECT_EQ(name(third, 1, key("d")), naming::taken);
  EXPECT_EQ(name(third, 2, key("e")), naming::refused);
  EXPECT_THAT(why, StartsWith("more than 4 streams of one device"));
  EXPECT_EQ(name(third, 2, key("e", "gw-2")), naming::taken) << "others are not hurt";
  second.clear();
  EXPECT_EQ(name(third, 3, key("e")), naming::refused) << "of its own link";
  third.clear();
  EXPECT_EQ(name(third, 1, key("e")), naming::taken);
}

TEST_F(stream_bounds, of_a_device_in_bytes) {
  stream_names all({10, 8});
  link_streams first(all, 1), second(all, 2), third(all, 3);
  name(first, 1, key("aaaaaaaa"));
  name(second, 1, key("bbbbbbb"));
  EXPECT_EQ(name(third, 1, key("cc")), naming::refused);
  EXPECT_THAT(why, StartsWith("more than 16 bytes of names of the streams of one device"));
  EXPECT_EQ(name(third, 1, key("c")), naming::taken);
}

TEST_F(stream_bounds, everything_is_given_back_with_the_last_link) {
  stream_names all({10, 100});
  {
    link_streams first(all, 1);
    name(first, 1, key("a"));
    name(first, 2, key("b", "gw-2"));
    {
      link_streams second(all, 2);
      name(second, 1, key("a"));
      name(second, 2, key("a"));  // Two numbers of one stream.
      EXPECT_EQ(all.devices(), 2u);
      EXPECT_TRUE(second.owns(*second.find(1)));
      EXPECT_FALSE(first.owns(*first.find(1)));
    }
    EXPECT_FALSE(first.owns(*first.find(1))) << "until it resumes again";
    name(first, 1, key("a"));
    EXPECT_TRUE(first.owns(*first.find(1)));
  }
  EXPECT_EQ(all.devices(), 0u);
  stream_names none({0, 100});
  link_streams refused(none, 1);
  EXPECT_EQ(name(refused, 1, key("a")), naming::refused);
  EXPECT_EQ(none.devices(), 0u) << "a refusal leaves nothing";
}

TEST_F(stream_bounds, a_number_means_one_stream) {
  stream_names all({10, 100});
  link_streams link(all, 1);
  name(link, 1, key("a"));
  EXPECT_EQ(name(link, 1, key("b")), naming::conflict);
  EXPECT_EQ(name(link, 1, {"gw", "a", 8}), naming::conflict) << "the epoch is a part of it";
  EXPECT_EQ(link.find(1)->key(), key("a"));
}

TEST_F(stream_bounds, a_resume_that_waits_is_asked_once_as_it_came_last) {
  stream_names all({10, 100});
  link_streams link(all, 1);
  link.begin_message();
  name(link, 1, key("a"));
  name(link, 3, key("c"));
  link.begin_message();
  name(link, 2, key("b"));
  for (std::uint64_t n = 1; n <= 1000; ++n) {
    link.begin_message();
    link.resume(key("a"), 1, n, {n, {}}, why);
  }
  auto next = link.next_questions();
  ASSERT_EQ(next.size(), 2u) << "of one message";
  EXPECT_EQ(next[0].sid, 1u);
  EXPECT_EQ(next[0].first_unacked, 1000u);
  EXPECT_EQ(next[0].last.seq, 1000u);
  EXPECT_EQ(next[1].sid, 3u);
  link.begin_message();
  name(link, 1, key("a"));
  next = link.next_questions();
  ASSERT_EQ(next.size(), 1u);
  EXPECT_EQ(next[0].sid, 2u);
  EXPECT_EQ(link.next_questions().at(0).sid, 1u);
  EXPECT_TRUE(link.next_questions().empty());
}

}  // namespace stream_names_test
}  // namespace hawser
