// Sections 5.5, 5.5.2 and 5.5.3: control frames, pings and pongs.
#include "output_cases.hpp"

namespace hawser::rfc6455 {
namespace control_test {

using enum peer;
constexpr side both = side::both;

const std::string full = letters(125);

const table<frame_case> controls{
    "Control",
    "Frames",
    play_frames,
    {
        {{"5.5/control-125", keeps, both, "125 octets"},
         {ping(full), pong(full), closing(1000, letters(123))},
         {{.events = {"ping:" + full, "pong:" + full},
           .pongs = {full},
           .how = transcript::end::closed,
           .code = 1000,
           .reason = letters(123),
           .answer = 1000},
          {}}},
        {{"5.5/control-125", breaks, both, "a ping of 126"},
         {ping(letters(126))},
         fails(1002, framing_errc::control_too_long)},
        {{"5.5/control-125", breaks, both, "a pong of 126"},
         {pong(letters(126))},
         fails(1002, framing_errc::control_too_long)},
        {{"5.5/control-125", breaks, both, "a Close of 126"},
         {closing(1000, letters(124))},
         fails(1002, framing_errc::control_too_long)},
        {{"5.5/control-125", breaks, both, "a ping of 65536"},
         {ping(letters(65536))},
         fails(1002, framing_errc::control_too_long)},
        {{"5.5/control-whole", keeps, both, "FIN set"}, {pong("x")}, hears({"pong:x"})},
        {{"5.5/control-whole", breaks, both, "a ping without FIN"},
         {part(ping("x"))},
         fails(1002, framing_errc::control_fragmented)},
        {{"5.5/control-whole", breaks, both, "a pong without FIN"},
         {part(pong("x"))},
         fails(1002, framing_errc::control_fragmented)},
        {{"5.5/control-whole", breaks, both, "a Close without FIN"},
         {part(closing(1000))},
         fails(1002, framing_errc::control_fragmented)},
        {{"5.5.2/ping-answered", keeps, both, "each one"},
         {ping("a"), text("x"), ping("b")},
         hears({"ping:a", "text:x", "ping:b"}, {"a", "b"})},
        {{"5.5.2/ping-answered", breaks, both, "a ping behind the peer's Close"},
         {closing(1000), ping("late")},
         closes(1000, "", 1000)},
        {{"5.5.3/pong-echoes", keeps, both, "empty, binary, and 125 octets"},
         {ping(""), ping(std::string("\0\xFF\x80", 3)), ping(full)},
         hears({"ping:", std::string("ping:\0\xFF\x80", 8), "ping:" + full},
               {"", std::string("\0\xFF\x80", 3), full})},
        {{"5.5.3/pong-echoes", breaks, both, "a pong for no ping is not answered"},
         {pong("nobody asked"), pong("")},
         hears({"pong:nobody asked", "pong:"})},
        {{"5.5.3/pong-echoes", breaks, both, "a ping too long to be echoed"},
         {ping("a"), ping(letters(126))},
         fails(1002, framing_errc::control_too_long, {"ping:a"}, {"a"})},
        {{"6.2/control-handled", keeps, both, "ping, pong, Close"},
         {ping("p"), pong("q"), closing(1001)},
         {{.events = {"ping:p", "pong:q"},
           .pongs = {"p"},
           .how = transcript::end::closed,
           .code = 1001,
           .answer = 1001},
          {}}},
        {{"6.2/control-handled", breaks, both, "a control opcode that is none"},
         {{.op = 11, .payload = "p"}},
         fails(1002, framing_errc::bad_opcode)},
    }};

const table<output_case> replies{
    "Control",
    "Replies",
    play_output,
    {
        {{"5.5.2/ping-answered", keeps, both, "also while our own Close waits for its answer"},
         [](bench& b) {
           b.ours().close(close_code::normal, "bye");
           EXPECT_EQ(b.says(), said{"close 1000 bye"});
           b.hear({ping("still here")});
         },
         {"pong still here"}},
        {{"5.5.2/ping-answered", breaks, both, "a ping behind a violation"},
         [](bench& b) {
           b.hear({reserved(text("x"), 4), ping("late")});
         },
         {"close 1002 reserved bits set in a frame"}},
        {{"5.5/control-125", keeps, both, "our own Close is cut to fit"},
         [](bench& b) { b.ours().close(close_code::normal, letters(200)); },
         {"close 1000 " + letters(123)}},
        {{"5.5.3/pong-echoes", keeps, both, "in front of what waits"},
         [](bench& b) {
           ASSERT_TRUE(b.send(letters(send_queue::cork_size)));
           ASSERT_TRUE(b.send("waits"));
           b.hear({ping("urgent")});
         },
         {"text 65536 octets", "pong urgent", "text waits"}},
    }};

}  // namespace control_test
}  // namespace hawser::rfc6455
