// What each error says, means for policy and closes a link with: one row of the table each.
#include <hawser/core/close_code.hpp>
#include <hawser/error.hpp>

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <cerrno>
#include <set>
#include <string>

namespace error_test {

using hawser::condition;
using hawser::errc;
using hawser::error_code;
using hawser::framing_errc;
using hawser::store_errc;
using hawser::tls_errc;
using hawser::wire_errc;

struct enumeration {
  const boost::system::error_category& category;
  const char* name;
  error_code last;
};
const enumeration all[] = {
    {hawser::hawser_category(), "hawser", errc::listen_failed},
    {hawser::framing_category(), "hawser.framing", framing_errc::message_too_big},
    {hawser::tls_category(), "hawser.tls", tls_errc::unusable_files},
    {hawser::wire_category(), "hawser.wire", wire_errc::too_big},
    {hawser::store_category(), "hawser.store", store_errc::gap}};

TEST(errors, each_has_words_of_its_own) {
  std::set<std::string> seen;
  for (const enumeration& e : all) {
    EXPECT_STREQ(e.category.name(), e.name);
    EXPECT_EQ(e.last.category(), e.category);
    for (int value = 1; value <= e.last.value(); ++value) {
      const std::string words = error_code(value, e.category).message();
      EXPECT_NE(words, "unknown error") << e.name << value;
      EXPECT_TRUE(seen.insert(words).second) << words;
    }
  }
}

TEST(errors, what_is_no_value_is_unknown_and_heals_by_nothing) {
  for (const enumeration& e : all) {
    for (const int value : {-1, 0, e.last.value() + 1}) {
      const error_code ec(value, e.category);
      EXPECT_EQ(ec.message(), "unknown error") << e.name << value;
      EXPECT_EQ(hawser::classify(ec), condition::permanent);
      EXPECT_EQ(hawser::close_code_for(ec), hawser::close_code::protocol_error);
    }
  }
}

TEST(errors, one_number_of_two_enumerations_is_two_errors) {
  EXPECT_NE(error_code(errc::closed), error_code(framing_errc::reserved_bits));
  EXPECT_NE(error_code(tls_errc::failed), error_code(store_errc::failed));
  EXPECT_NE(error_code(wire_errc::malformed), tls_errc::malformed);
}

TEST(errors, what_a_refusal_says_is_in_what_its_value_throws) {
  const hawser::result<int, hawser::error_info> r = hawser::invalid_option("size: must be above 0");
  EXPECT_EQ(r.error().code, errc::invalid_option);
  try {
    (void)r.value();
    FAIL() << "it has no value";
  } catch (const boost::system::system_error& e) {
    EXPECT_EQ(e.code(), errc::invalid_option);
    EXPECT_THAT(e.what(), testing::HasSubstr("size: must be above 0"));
  }
}

TEST(errors, policy_tests_the_condition) {
  EXPECT_EQ(error_code(errc::dropped), condition::transient);
  EXPECT_EQ(error_code(errc::unauthorized), condition::auth);
  EXPECT_EQ(error_code(errc::stopped), condition::cancelled);
  EXPECT_EQ(error_code(framing_errc::bad_opcode), condition::protocol);
  EXPECT_EQ(error_code(framing_errc::message_too_big), condition::limit);
  EXPECT_EQ(error_code(tls_errc::expired), condition::permanent);
  EXPECT_EQ(error_code(tls_errc::not_yet_valid), condition::transient);
  EXPECT_EQ(error_code(tls_errc::client_certificate), condition::auth);
  EXPECT_EQ(error_code(wire_errc::malformed), condition::protocol);
  EXPECT_EQ(error_code(store_errc::in_doubt), condition::transient);
  EXPECT_EQ(error_code(store_errc::full), condition::limit);
  EXPECT_EQ(error_code(store_errc::corrupt), condition::permanent);
  EXPECT_EQ(error_code(ECONNREFUSED, boost::system::system_category()), condition::transient);
  EXPECT_EQ(error_code(ECANCELED, boost::system::generic_category()), condition::cancelled);
  EXPECT_NE(error_code(), condition::transient);
}

TEST(errors, some_close_a_link_with_a_code_of_their_own) {
  using hawser::close_code;
  EXPECT_EQ(hawser::close_code_for(framing_errc::bad_utf8), close_code::bad_payload);
  EXPECT_EQ(hawser::close_code_for(framing_errc::message_too_big), close_code::too_big);
  EXPECT_EQ(hawser::close_code_for(errc::hook_threw), close_code::internal_error);
  EXPECT_EQ(hawser::close_code_for(errc::queue_full), close_code::internal_error);
  EXPECT_EQ(hawser::close_code_for(errc::pong_timeout), close_code::going_away);
  EXPECT_EQ(hawser::close_code_for(errc::write_timeout), close_code::going_away);
  EXPECT_EQ(hawser::close_code_for(framing_errc::bad_opcode), close_code::protocol_error);
  EXPECT_EQ(hawser::close_code_for(wire_errc::malformed), close_code::protocol_error);
}

}  // namespace error_test
