#include <hawser/governor/print.hpp>
#include <hawser/governor/view.hpp>

#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <simdjson.h>

namespace hawser::governor {
namespace governor_print_test {

struct lamp {
  enum class state : std::uint8_t { off, on, broken };
  enum class event : std::uint8_t { press, smash };
  enum class timer : std::uint8_t { burn };
  struct data {};

  static constexpr std::string_view name = "lamp";
  static constexpr auto states = std::to_array<std::string_view>({"off", "on", "broken"});
  static constexpr auto events =
      std::to_array<event_spec>({event_spec("press"), event_spec("smash")});
  static constexpr auto timers = std::to_array<timer_spec>({{"burn", std::chrono::hours{1}}});
  static constexpr auto terminal = in(state::broken);

  static bool is_dark(const data&, const input<lamp>&) { return true; }
  static void tell(data&, turn<lamp>& t) { t.reason = "x"; }

  static constexpr row<lamp> start() { return {.to = state::off, .reason = "made"}; }
  static constexpr auto table() {
    using enum timer;
    return std::to_array<row<lamp>>({
        {.from = state::off,
         .on = event::press,
         .when = {"is \"dark\"", is_dark},
         .to = state::on,
         .reason = "lit",
         .timers = {arm(burn, std::chrono::minutes{5})},
         .answer = "light"},
        {.from = state::off, .on = event::press, .to = refused, .error = "daylight"},
        {.from = in(state::off, state::on), .on = event::press, .to = stay, .reason = "pressed"},
        {.from = state::on, .on = burn, .to = in(state::off, state::broken), .reason = "burnt"},
        {.from = every_open, .on = event::smash, .act = tell, .to = state::broken},
    });
  }
};

TEST(governor_print, mermaid_has_every_step) {
  EXPECT_EQ(to_mermaid(view_of<lamp>()),
            "stateDiagram-v2\n"
            "  [*] --> off : made\n"
            "  off --> on : press [is \"dark\"] / lit\n"
            "  off --> off : press / pressed\n"
            "  on --> on : press / pressed\n"
            "  on --> off : after burn / burnt\n"
            "  on --> broken : after burn / burnt\n"
            "  off --> broken : smash / (the caller's reason)\n"
            "  on --> broken : smash / (the caller's reason)\n"
            "  broken --> [*]\n");
}

TEST(governor_print, dot_has_every_step_and_is_quoted) {
  EXPECT_EQ(to_dot(view_of<lamp>()),
            "digraph \"lamp\" {\n"
            "  \"\" [shape=point];\n"
            "  \"off\" [shape=box];\n"
            "  \"on\" [shape=box];\n"
            "  \"broken\" [shape=doublecircle];\n"
            "  \"\" -> \"off\" [label=\"made\"];\n"
            "  \"off\" -> \"on\" [label=\"press [is \\\"dark\\\"] / lit\"];\n"
            "  \"off\" -> \"off\" [label=\"press / pressed\"];\n"
            "  \"on\" -> \"on\" [label=\"press / pressed\"];\n"
            "  \"on\" -> \"off\" [label=\"after burn / burnt\"];\n"
            "  \"on\" -> \"broken\" [label=\"after burn / burnt\"];\n"
            "  \"off\" -> \"broken\" [label=\"smash / (the caller's reason)\"];\n"
            "  \"on\" -> \"broken\" [label=\"smash / (the caller's reason)\"];\n"
            "}\n");
}

TEST(governor_print, json_has_refusals_too) {
  const std::string text = to_json(view_of<lamp>());
  EXPECT_THAT(text, ::testing::StartsWith(
                        R"({"name":"lamp","states":["off","on","broken"],"terminal":["broken"],)"
                        R"("rows":[{"from":[],"event":"start","guard":"","to":["off"],)"
                        R"("stays":false,"reason":"made","answer":"","error":"","timers":[]},)"
                        R"({"from":["off"],"event":"press","guard":"is \"dark\"","to":["on"],)"
                        R"("stays":false,"reason":"lit","answer":"light","error":"",)"
                        R"("timers":["arm burn"]},)"
                        R"({"from":["off"],"event":"press","guard":"","to":[],"stays":false,)"
                        R"("reason":"","answer":"","error":"daylight","timers":[]},)"));
  EXPECT_THAT(text, ::testing::HasSubstr(R"({"from":["on"],"timer":"burn",)"));
  simdjson::dom::parser parser;
  simdjson::dom::element parsed;
  ASSERT_EQ(parser.parse(text).get(parsed), simdjson::SUCCESS);
  EXPECT_EQ(parsed["rows"].get_array().size(), 6u);
}

}  // namespace governor_print_test
}  // namespace hawser::governor
