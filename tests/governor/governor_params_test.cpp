#include <hawser/governor/params.hpp>

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <limits>

namespace hawser::governor {
namespace governor_params_test {

constexpr event_spec spec("order", token("sku", 4, "bad_sku"), integer("count", 1, 10, "bad_count"),
                          fixed("price", 2, 100, 500, "bad_price").otherwise(250),
                          text("note", 5, "bad_note").otherwise(0));

outcome refusal_of(const fields& given) {
  outcome out;
  arguments args;
  EXPECT_FALSE(args.read(spec, given, out));
  return out;
}

TEST(governor_params, reads_what_is_given_and_defaults_the_rest) {
  arguments args;
  outcome out;
  const fields given{{"count", std::int64_t{7}}, {"sku", "a-1"}};
  ASSERT_TRUE(args.read(spec, given, out));
  EXPECT_EQ(args.text("sku"), "a-1");
  EXPECT_EQ(args.number("count"), 7);
  EXPECT_EQ(args.number("price"), 250);
  EXPECT_EQ(args.text("note"), "");
}

TEST(governor_params, refuses_by_name) {
  const value one{std::int64_t{1}};
  const fields sku_only{{"sku", "a"}};
  EXPECT_EQ(refusal_of(sku_only).error, "missing_parameter");
  EXPECT_EQ(refusal_of(sku_only).detail, (fields{{"parameter", "count"}}));
  EXPECT_EQ(refusal_of({{"sku", "a"}, {"count", one}, {"cuont", one}}).error, "unknown_parameter");
  EXPECT_EQ(refusal_of({{"sku", "a"}, {"count", one}, {"count", one}}).error,
            "duplicate_parameter");
  for (const value& v :
       {value{"1"}, value{true}, value{decimal{15, -1}}, value{decimal{1, -100}}}) {
    const auto out = refusal_of({{"sku", "a"}, {"count", v}});
    EXPECT_EQ(out.error, "wrong_type");
    EXPECT_EQ(out.detail, (fields{{"parameter", "count"}, {"expected", "integer"}}));
  }
  EXPECT_EQ(refusal_of({{"sku", one}, {"count", one}}).detail,
            (fields{{"parameter", "sku"}, {"expected", "token"}}));
  EXPECT_EQ(refusal_of({{"sku", "a"}, {"count", one}, {"note", one}}).detail,
            (fields{{"parameter", "note"}, {"expected", "text"}}));
  EXPECT_EQ(refusal_of({{"sku", "a"}, {"count", one}, {"price", "2.00"}}).detail,
            (fields{{"parameter", "price"}, {"expected", "decimal"}}));
}

TEST(governor_params, refuses_what_is_out_of_bounds_and_says_which) {
  const value one{std::int64_t{1}};
  for (const std::int64_t count :
       {std::int64_t{0}, std::int64_t{11}, std::numeric_limits<std::int64_t>::min(),
        std::numeric_limits<std::int64_t>::max()}) {
    const auto out = refusal_of({{"sku", "a"}, {"count", count}});
    EXPECT_EQ(out.error, "bad_count");
    EXPECT_EQ(
        out.detail,
        (fields{{"parameter", "count"}, {"least", std::int64_t{1}}, {"most", std::int64_t{10}}}));
  }
  for (const char* sku : {"", "12345", "a b", "a\n", "\xc3\xa4"}) {
    EXPECT_EQ(refusal_of({{"sku", sku}, {"count", one}}).error, "bad_sku") << sku;
  }
  for (const char* note : {"", "123456", "\xff"}) {
    EXPECT_EQ(refusal_of({{"sku", "a"}, {"count", one}, {"note", note}}).error, "bad_note");
  }
  for (const decimal price : {decimal{99, -2}, decimal{501, -2}, decimal{2001, -3},
                              decimal{std::numeric_limits<std::int64_t>::max(), 3}}) {
    const auto out = refusal_of({{"sku", "a"}, {"count", one}, {"price", price}});
    EXPECT_EQ(out.error, "bad_price");
    EXPECT_EQ(
        out.detail,
        (fields{{"parameter", "price"}, {"least", decimal{100, -2}}, {"most", decimal{500, -2}}}));
  }
}

TEST(governor_params, takes_an_integer_however_it_is_written) {
  for (const decimal count : {decimal{10, -1}, decimal{1, 0}, decimal{100, -2}}) {
    arguments args;
    outcome out;
    const fields given{{"sku", "a"}, {"count", count}};
    EXPECT_TRUE(args.read(spec, given, out)) << out.error;
    EXPECT_EQ(args.number("count"), 1);
  }
  for (const decimal count : {decimal{0, -3}, decimal{1, 3}, decimal{1, 100}, decimal{-10, -1}}) {
    EXPECT_EQ(refusal_of({{"sku", "a"}, {"count", count}}).error, "bad_count");
  }
}

TEST(governor_params, takes_the_bounds_themselves) {
  arguments args;
  outcome out;
  const fields most{{"sku", "abcd"},
                    {"count", std::int64_t{10}},
                    {"price", std::int64_t{5}},
                    {"note", "\xc3\xa4\xc3\xb6."}};
  EXPECT_TRUE(args.read(spec, most, out));
  EXPECT_EQ(args.number("price"), 500);
  const fields least{
      {"sku", "!"}, {"count", std::int64_t{1}}, {"price", decimal{1, 0}}, {"note", "x"}};
  EXPECT_TRUE(args.read(spec, least, out));
  EXPECT_EQ(args.number("price"), 100);
}

TEST(governor_params, clips_the_names_it_repeats) {
  const auto out = refusal_of({{std::string(1000, 'x'), true}});
  EXPECT_EQ(std::get<std::string>(*find(out.detail, "parameter")).size(), 64u);
}

TEST(governor_params, fixes_decimals_exactly_or_not_at_all) {
  constexpr auto most = std::numeric_limits<std::int64_t>::max();
  constexpr auto least = std::numeric_limits<std::int64_t>::min();
  EXPECT_EQ(to_fixed({15, -1}, 3), 1500);
  EXPECT_EQ(to_fixed({1'500'000, -6}, 3), 1500);
  EXPECT_EQ(to_fixed({1'234'567, -6}, 3), std::nullopt);
  EXPECT_EQ(to_fixed({-2, 0}, 3), -2000);
  EXPECT_EQ(to_fixed({2, 2}, 3), 200'000);
  EXPECT_EQ(to_fixed({0, std::numeric_limits<int>::max()}, 3), 0);
  EXPECT_EQ(to_fixed({0, std::numeric_limits<int>::min()}, 3), 0);
  EXPECT_EQ(to_fixed({1, std::numeric_limits<int>::max()}, 3), std::nullopt);
  EXPECT_EQ(to_fixed({1, std::numeric_limits<int>::min()}, 3), std::nullopt);
  EXPECT_EQ(to_fixed({most, 0}, 0), most);
  EXPECT_EQ(to_fixed({least, 0}, 0), least);
  EXPECT_EQ(to_fixed({most, 0}, 1), std::nullopt);
  EXPECT_EQ(to_fixed({least, -1}, 0), std::nullopt);
}

TEST(governor_types, finds_the_first_field_of_a_name) {
  const fields f{{"a", true}, {"b", std::int64_t{1}}, {"b", std::int64_t{2}}};
  EXPECT_EQ(*find(f, "b"), value{std::int64_t{1}});
  EXPECT_EQ(find(f, "c"), nullptr);
}

TEST(governor_types, names_causes) {
  EXPECT_EQ(to_string(cause::event), "event");
  EXPECT_EQ(to_string(cause::timer), "timer");
  EXPECT_EQ(to_string(cause::command), "command");
}

}  // namespace governor_params_test
}  // namespace hawser::governor
