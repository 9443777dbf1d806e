// Sections 5.5.1, 6.1, 7.1 and 7.4: the closing handshake and sending, without TCP.
#include "output_cases.hpp"

namespace hawser::rfc6455 {
namespace closing_test {

using enum peer;
constexpr side both = side::both;

std::vector<frame_case> bodies() {
  std::vector<frame_case> rows{
      {{"5.5.1/body-is-code", keeps, both, "no body"}, {closing("")}, closes(1005, "", 1005)},
      {{"5.5.1/body-is-code", keeps, both, "a code and a reason"},
       {closing(1000, "bye")},
       closes(1000, "bye", 1000)},
      {{"5.5.1/body-is-code", breaks, both, "one octet"},
       {closing("x")},
       fails(1002, framing_errc::bad_close_payload)},
      {{"5.5.1/close-answered", keeps, both, "with the code that came"},
       {text("a"), closing(4321, "b")},
       closes(4321, "b", 4321, {"text:a"})},
      {{"5.5.1/close-answered", breaks, both, "frames behind a Close are not read"},
       {closing(1000), text("late"), closing(1001)},
       closes(1000, "", 1000)},
      {{"5.5.1/nothing-after-close", breaks, both, "data behind a Close is not read"},
       {closing(1000), text("late"), reserved(text("worse"), 7)},
       closes(1000, "", 1000)},
      {{"7.1.7/reads-no-more", keeps, both, "without a violation all is read"},
       {text("a"), ping("b"), text("c")},
       hears({"text:a", "ping:b", "text:c"}, {"b"})},
      {{"7.1.7/reads-no-more", breaks, both, "data, pings and a Close behind a violation"},
       {text("a"), more("stray"), text("c"), ping("d"), closing(1000)},
       fails(1002, framing_errc::stray_continuation, {"text:a"})},
  };
  for (const unsigned code : {1000u, 1001u, 1002u, 1003u, 1007u, 1008u, 1009u, 1010u, 1011u, 3000u,
                              3999u, 4000u, 4999u}) {
    rows.push_back({{"5.5.1/body-is-code", keeps, both, "a code that may be used"},
                    {closing(code, "why")},
                    closes(code, "why", code)});
  }
  for (const unsigned code : {0u, 1u, 999u, 1004u, 1016u, 1100u, 2000u, 2999u, 5000u, 65535u}) {
    rows.push_back({{"5.5.1/body-is-code", breaks, both, "a code that is none (7.4)"},
                    {closing(code, "why")},
                    fails(1002, framing_errc::bad_close_code)});
  }
  for (const auto& [id, code] :
       {std::pair{"7.4.1/no-1005", 1005u}, {"7.4.1/no-1006", 1006u}, {"7.4.1/no-1015", 1015u}}) {
    rows.push_back({{id, breaks, both, "on the wire"},
                    {closing(code)},
                    fails(1002, framing_errc::bad_close_code)});
  }
  return rows;
}
const table<frame_case> body_cases{"Closing", "Peer", play_frames, bodies()};

template <unsigned Code>
void close_with(bench& b) {
  b.ours().close(close_code{Code}, "why");
}
template <unsigned Code>
void fail_with(bench& b) {
  b.ours().fail(close_code{Code}, "why");
}

const table<output_case> ours{
    "Closing",
    "Ours",
    play_output,
    {
        {{"7.4.1/no-1005", keeps, both, "close"}, close_with<1005>, {"close empty"}},
        {{"7.4.1/no-1005", keeps, both, "fail"}, fail_with<1005>, {"close empty"}},
        {{"7.4.1/no-1006", keeps, both, "close"}, close_with<1006>, {"close empty"}},
        {{"7.4.1/no-1006", keeps, both, "fail"}, fail_with<1006>, {"close empty"}},
        {{"7.4.1/no-1015", keeps, both, "close"}, close_with<1015>, {"close empty"}},
        {{"7.4.1/no-1015", keeps, both, "fail"}, fail_with<1015>, {"close empty"}},
        {{"5.5.1/body-is-code", keeps, both, "ours is never below 1000"},
         close_with<999>,
         {"close empty"}},
        {{"7.1.2/start", keeps, both, "code and reason"}, close_with<4001>, {"close 4001 why"}},
        {{"7.1.2/start", keeps, both, "behind what was queued"},
         [](bench& b) {
           ASSERT_TRUE(b.send("first"));
           b.ours().close(close_code::going_away, "tide");
         },
         {"text first", "close 1001 tide"}},
        {{"7.1.2/start", breaks, both, "a peer that answers nonsense still ends it"},
         [](bench& b) {
           b.ours().close(close_code::normal, "bye");
           EXPECT_EQ(b.says(), said{"close 1000 bye"});
           b.hear({closing("x")});
           EXPECT_EQ(b.ours().current(), session::state::failed);
         },
         {}},
        {{"5.5.1/close-answered", keeps, both, "ours is not answered with a second one of ours"},
         [](bench& b) {
           b.ours().close(close_code::normal, "bye");
           EXPECT_EQ(b.says(), said{"close 1000 bye"});
           b.hear({closing(1000)});
           EXPECT_EQ(b.ours().current(), session::state::closed);
         },
         {}},
        {{"5.5.1/close-answered", keeps, both, "an empty Close with an empty one"},
         [](bench& b) { b.hear({closing("")}); },
         {"close empty"}},
    }};

const table<output_case> sending{
    "Closing",
    "Sending",
    play_output,
    {
        {{"5.5.1/nothing-after-close", keeps, both, "what comes after close() is refused"},
         [](bench& b) {
           b.ours().close(close_code::normal, {});
           EXPECT_EQ(b.send("late").error(), errc::not_connected);
         },
         {"close 1000"}},
        {{"5.5.1/nothing-after-close", breaks, both, "a peer that goes on after our Close"},
         [](bench& b) {
           b.ours().close(close_code::normal, {});
           EXPECT_EQ(b.says(), said{"close 1000"});
           b.hear({text("more"), text("and more")});
           EXPECT_EQ(b.send("late").error(), errc::not_connected);
         },
         {}},
        {{"6.1/open", keeps, both, "open"},
         [](bench& b) { ASSERT_TRUE(b.send("Hello")); },
         {"text Hello"}},
        {{"6.1/open", breaks, both, "the peer has closed"},
         [](bench& b) {
           b.hear({closing(1000)});
           EXPECT_EQ(b.send("late").error(), errc::not_connected);
         },
         {"close 1000"}},
        {{"6.1/open", breaks, both, "the peer broke the protocol"},
         [](bench& b) {
           b.hear({more("stray")});
           EXPECT_EQ(b.send("late").error(), errc::not_connected);
         },
         {"close 1002 continuation without a message"}},
        {{"6.1/aborts", keeps, both, "what waits is sent while the link is open"},
         [](bench& b) {
           ASSERT_TRUE(b.send(letters(send_queue::cork_size)));
           ASSERT_TRUE(b.send("waits"));
         },
         {"text 65536 octets", "text waits"}},
        {{"6.1/aborts", breaks, both, "what waits when the peer closes is not sent"},
         [](bench& b) {
           ASSERT_TRUE(b.send(letters(send_queue::cork_size)));
           ASSERT_TRUE(b.send("waits"));
           b.hear({closing(1000)});
           EXPECT_EQ(b.ours().queue().unsent(), 1u);
         },
         {"text 65536 octets", "close 1000"}},
        {{"6.1/opcode", keeps, both, "text and binary"},
         [](bench& b) {
           ASSERT_TRUE(b.send("t"));
           ASSERT_TRUE(b.send("b", opcode::binary));
         },
         {"text t", "binary b"}},
        {{"6.1/transmitted", keeps, both, "until the writer has taken it"},
         [](bench& b) {
           ASSERT_TRUE(b.send("Hello"));
           EXPECT_FALSE(b.ours().output().empty());
           b.ours().consume(1);
           EXPECT_FALSE(b.ours().output().empty()) << "the rest is lost";
           b.ours().consume(b.ours().output().front().size());
           EXPECT_TRUE(b.ours().output().empty());
           ASSERT_TRUE(b.send("again"));
         },
         {"text again"}},
    }};

}  // namespace closing_test
}  // namespace hawser::rfc6455
