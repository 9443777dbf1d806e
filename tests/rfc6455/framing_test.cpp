// Sections 5.1 to 5.3, 10.4 and 10.7: single frames.
#include "output_cases.hpp"

#include <set>

namespace hawser::rfc6455 {
namespace framing_test {

using enum peer;
constexpr side client = side::client;
constexpr side server = side::server;
constexpr side both = side::both;

const table<frame_case> masking{
    "Framing",
    "Masking",
    play_frames,
    {
        {{"5.1/client-masks", breaks, server, "text"},
         {masked_wrongly(text("Hello"))},
         fails(1002, framing_errc::unmasked_frame)},
        {{"5.1/unmasked-closes", keeps, server, "text"}, {text("Hello")}, hears({"text:Hello"})},
        {{"5.1/unmasked-closes", breaks, server, "empty"},
         {masked_wrongly(text(""))},
         fails(1002, framing_errc::unmasked_frame)},
        {{"5.1/unmasked-closes", breaks, server, "binary"},
         {masked_wrongly(binary("Hello"))},
         fails(1002, framing_errc::unmasked_frame)},
        {{"5.1/unmasked-closes", breaks, server, "ping"},
         {masked_wrongly(ping("x"))},
         fails(1002, framing_errc::unmasked_frame)},
        {{"5.1/unmasked-closes", breaks, server, "second fragment"},
         {part(text("Hel")), masked_wrongly(more("lo"))},
         fails(1002, framing_errc::unmasked_frame)},
        {{"5.1/unmasked-closes", breaks, server, "second message"},
         {text("Hello"), masked_wrongly(text("Hello"))},
         fails(1002, framing_errc::unmasked_frame, {"text:Hello"})},
        {{"5.3/mask-bit", breaks, server, "a frame without it"},
         {masked_wrongly(text("Hello"))},
         fails(1002, framing_errc::unmasked_frame)},
        {{"6.1/client-masks", breaks, server, "binary"},
         {masked_wrongly(binary(letters(300)))},
         fails(1002, framing_errc::unmasked_frame)},
        {{"5.5.1/client-close-masked", breaks, server, "Close"},
         {masked_wrongly(closing(1000))},
         fails(1002, framing_errc::unmasked_frame)},
        {{"6.2/server-unmasks", keeps, server, "not a multiple of 4"},
         {binary(letters(301))},
         hears({"binary:" + letters(301)})},
        {{"6.2/server-unmasks", keeps, server, "a key of zeros"},
         {{.op = 2, .payload = letters(9), .key = {}}},
         hears({"binary:" + letters(9)})},
        {{"6.2/server-unmasks", keeps, server, "each fragment by its own key"},
         {part({.op = 1, .payload = "Hel"}), {.op = 0, .payload = "lo", .key = {9, 8, 7, 6}}},
         hears({"text:Hello"})},
        {{"6.2/server-unmasks", breaks, server, "not masked"},
         {masked_wrongly(text(letters(64)))},
         fails(1002, framing_errc::unmasked_frame)},
        {{"5.1/server-never-masks", breaks, client, "text"},
         {masked_wrongly(text("Hello"))},
         fails(1002, framing_errc::masked_frame)},
        {{"5.1/masked-closes", keeps, client, "text"}, {text("Hello")}, hears({"text:Hello"})},
        {{"5.1/masked-closes", breaks, client, "binary"},
         {masked_wrongly(binary("Hello"))},
         fails(1002, framing_errc::masked_frame)},
        {{"5.1/masked-closes", breaks, client, "ping"},
         {masked_wrongly(ping(""))},
         fails(1002, framing_errc::masked_frame)},
        {{"5.1/masked-closes", breaks, client, "Close"},
         {masked_wrongly(closing(1000))},
         fails(1002, framing_errc::masked_frame)},
        {{"5.1/masked-closes", breaks, client, "a key of zeros"},
         {{.op = 1, .payload = "Hello", .masked = true, .key = {}}},
         fails(1002, framing_errc::masked_frame)},
    }};

std::vector<frame_case> reserved_bits() {
  std::vector<frame_case> rows{
      {{"5.2/reserved-fails", keeps, both, "none set"}, {text("Hello")}, hears({"text:Hello"})},
      {{"5.8/extensions-negotiated", breaks, both, "compressed, though nobody agreed"},
       {reserved(text("\xF2\x48\xCD\xC9\xC9\x07\x00"), 4)},
       fails(1002, framing_errc::reserved_bits)},
  };
  for (const unsigned bits : {4u, 2u, 1u, 7u}) {
    for (const auto& f : {text("Hello"), binary(""), ping("x"), pong("x"), closing(1000)}) {
      for (const auto* id : {"5.2/reserved-zero", "5.2/reserved-fails"}) {
        rows.push_back({{id, breaks, both, "before anything"},
                        {reserved(f, bits), text("unread")},
                        fails(1002, framing_errc::reserved_bits)});
      }
    }
    rows.push_back({{"5.2/reserved-fails", breaks, both, "on a later fragment"},
                    {part(text("Hel")), reserved(more("lo"), bits)},
                    fails(1002, framing_errc::reserved_bits)});
  }
  return rows;
}
const table<frame_case> reserved_cases{"Framing", "ReservedBits", play_frames, reserved_bits()};

std::vector<frame_case> opcodes() {
  std::vector<frame_case> rows{
      {{"5.2/opcode-unknown", keeps, both, "every known one"},
       {text("a"), binary("b"), ping("c"), pong("d"), part(text("e")), more("f"), closing(1000)},
       {{.events = {"text:a", "binary:b", "ping:c", "pong:d", "text:ef"},
         .pongs = {"c"},
         .how = transcript::end::closed,
         .code = 1000,
         .answer = 1000},
        {}}},
  };
  for (const unsigned op : {3u, 4u, 5u, 6u, 7u, 11u, 12u, 13u, 14u, 15u}) {
    rows.push_back({{"5.2/opcode-unknown", breaks, both, "alone"},
                    {{.op = op, .payload = "x"}, text("unread")},
                    fails(1002, framing_errc::bad_opcode)});
    rows.push_back({{"5.2/opcode-unknown", breaks, both, "inside a message"},
                    {part(text("x")), {.op = op}},
                    fails(1002, framing_errc::bad_opcode)});
  }
  return rows;
}
const table<frame_case> opcode_cases{"Framing", "Opcodes", play_frames, opcodes()};

// Where a longer form begins, each length is given out as it came.
std::vector<frame_case> lengths() {
  std::vector<frame_case> rows;
  for (const std::size_t n : {0u, 1u, 124u, 125u, 126u, 127u, 128u, 65535u, 65536u}) {
    rows.push_back({{"5.2/length-minimal", keeps, both, "every boundary"},
                    {binary(letters(n)), text("next")},
                    hears({"binary:" + letters(n), "text:next"})});
  }
  rows.push_back({{"5.2/length-63-bits", keeps, both, "64 bits, the first one zero"},
                  {binary(letters(65536))},
                  hears({"binary:" + letters(65536)})});
  for (const std::uint64_t n : {std::uint64_t{1} << 63, ~std::uint64_t{0}}) {
    rows.push_back({{"5.2/length-63-bits", breaks, both, "the first bit set"},
                    {of_length(binary(""), 8, n)},
                    fails(1002, framing_errc::bad_length)});
  }
  for (const std::size_t n : {0u, 1u, 124u, 125u}) {
    rows.push_back({{"5.2/length-minimal", breaks, both, "16 bits for what fits 7"},
                    {of_length(text(letters(n)), 2, n)},
                    fails(1002, framing_errc::bad_length)});
  }
  for (const std::size_t n : {0u, 125u, 126u, 65535u}) {
    rows.push_back({{"5.2/length-minimal", breaks, both, "64 bits for what fits 16"},
                    {of_length(text(letters(n)), 8, n)},
                    fails(1002, framing_errc::bad_length)});
  }
  return rows;
}
const table<frame_case> length_cases{"Framing", "Lengths", play_frames, lengths()};

const table<frame_case> limits{
    "Framing",
    "Limits",
    play_frames,
    {
        {{"10.4/limits", keeps, both, "a frame at the limit"},
         {binary(letters(max_message))},
         hears({"binary:" + letters(max_message)})},
        {{"10.4/limits", keeps, both, "fragments at the limit"},
         {part(binary(letters(max_message - 5))), more("Hello")},
         hears({"binary:" + letters(max_message - 5) + "Hello"})},
        {{"10.4/limits", breaks, both, "a frame above it"},
         {binary(letters(max_message + 1))},
         fails(1009, framing_errc::message_too_big)},
        {{"10.4/limits", breaks, both, "a header that declares 2^60 octets"},
         {of_length(binary(""), 8, std::uint64_t{1} << 60)},
         fails(1009, framing_errc::message_too_big)},
        {{"10.4/limits", breaks, both, "fragments above it"},
         {part(binary(letters(max_message - 5))), part(more("Hello")), more("!")},
         fails(1009, framing_errc::message_too_big)},
        {{"10.7/validated", keeps, both, "a message"}, {text("Hello")}, hears({"text:Hello"})},
        {{"10.7/validated", breaks, both, "HTTP instead of frames"},
         {{.op = 'G' & 15, .payload = "ET / HTTP/1.1\r\n\r\n", .fin = false, .rsv = 4}},
         fails(1002, framing_errc::reserved_bits)},
        {{"6.2/parsed", keeps, both, "three frames in one read"},
         {text("a"), binary("b"), text("c")},
         hears({"text:a", "binary:b", "text:c"})},
        {{"6.2/parsed", breaks, both, "octets that are no frame"},
         {text("a"), {.op = 15, .payload = "\xFF\xFF", .fin = false, .rsv = 7}},
         fails(1002, framing_errc::reserved_bits, {"text:a"})},
    }};

// Everything that we can be made to say.
void everything(bench& b) {
  b.ours().ping(as_bytes("?"));
  b.hear({ping("!")});
  ASSERT_TRUE(b.send("Hello"));
  ASSERT_TRUE(b.send("", opcode::binary));
  ASSERT_TRUE(b.send(letters(125)));
  ASSERT_TRUE(b.send(letters(126), opcode::binary));
  ASSERT_TRUE(b.send(letters(65535)));
  ASSERT_TRUE(b.send(letters(65536), opcode::binary));
  b.ours().close(close_code::normal, "bye");
}
const said everything_said{"ping ?",
                           "pong !",
                           "text Hello",
                           "binary ",
                           "text " + letters(125),
                           "binary " + letters(126),
                           "text 65535 octets",
                           "binary 65536 octets",
                           "close 1000 bye"};

// The reader of these lets no bit pass: see describe_frame().
std::vector<output_case> outputs() {
  std::vector<output_case> rows;
  for (const auto& [id, who] : {std::pair{"5.1/client-masks", client},
                                {"5.1/server-never-masks", server},
                                {"5.2/reserved-zero", both},
                                {"5.2/length-minimal", both},
                                {"5.3/mask-bit", client},
                                {"5.8/extensions-negotiated", both},
                                {"6.1/client-masks", client},
                                {"6.1/framed", both},
                                {"6.1/fin", both},
                                {"5.5/control-whole", both},
                                {"5.4/control-whole", both},
                                {"5.5.1/client-close-masked", client}}) {
    rows.push_back({{id, keeps, who, "everything that we say"}, everything, everything_said});
  }
  return rows;
}
const table<output_case> output_cases{"Framing", "Output", play_output, outputs()};

// No two frames of a hundred have one key, and the key is what unmasks the payload.
void keys_are_fresh(side) {
  bench b(side::client);
  for (int i = 0; i < 100; ++i) ASSERT_TRUE(b.send("the same payload"));
  std::set<std::array<unsigned char, 4>> keys;
  for (const wire_frame& f : b.frames()) {
    EXPECT_TRUE(keys.insert(f.key).second) << "a key was used twice";
    EXPECT_EQ(f.payload, "the same payload");
  }
  EXPECT_EQ(keys.size(), 100u);
}
const table<scene> key_cases{
    "Framing",
    "MaskKeys",
    play_scene,
    {{{"5.3/key-fresh", keeps, client, "a hundred frames"}, keys_are_fresh},
     {{"10.3/key-fresh", keeps, client, "a hundred frames"}, keys_are_fresh}}};

}  // namespace framing_test
}  // namespace hawser::rfc6455
