// Sections 5.6 and 8.1: text is UTF-8.
#include "frame_cases.hpp"

namespace hawser::rfc6455 {
namespace utf8_test {

using enum peer;
constexpr side both = side::both;

std::vector<frame_case> texts() {
  std::vector<frame_case> rows{
      {{"5.6/text-is-utf8", keeps, both, "a character in two fragments"},
       {part(text("\xE2\x82")), more("\xAC")},
       hears({"text:\xE2\x82\xAC"})},
      {{"5.6/text-is-utf8", keeps, both, "a character in four fragments, pings between"},
       {part(text("\xF0")), ping(""), part(more("\x9F")), part(more("\x98")), more("\x80")},
       hears({"ping:", "text:\xF0\x9F\x98\x80"}, {""})},
      {{"5.6/text-is-utf8", keeps, both, "binary may be anything"},
       {binary("\xFF\xC0\x80")},
       hears({"binary:\xFF\xC0\x80"})},
      {{"5.6/text-is-utf8", breaks, both, "a character that the message does not finish"},
       {part(text("a")), more("\xE2\x82")},
       fails(1007, framing_errc::bad_utf8)},
      {{"5.6/text-is-utf8", breaks, both, "half a character, then the next message"},
       {text("\xE2\x82"), text("\xAC")},
       fails(1007, framing_errc::bad_utf8)},
      {{"5.6/text-is-utf8", breaks, both, "a fragment goes on where the character cannot"},
       {part(text("\xE2\x82")), part(more("a"))},
       fails(1007, framing_errc::bad_utf8)},
      {{"8.1/bad-utf8-fails", breaks, both, "before the message has ended"},
       {part(text("good \xFF bad"))},
       fails(1007, framing_errc::bad_utf8)},
      {{"8.1/bad-utf8-fails", keeps, both, "a Close reason"},
       {closing(1000, "\xC3\xA4")},
       closes(1000, "\xC3\xA4", 1000)},
      {{"8.1/bad-utf8-fails", breaks, both, "a Close reason"},
       {closing(1000, "\xFF")},
       fails(1007, framing_errc::bad_utf8)},
      {{"8.1/bad-utf8-fails", breaks, both, "a Close reason cut inside a character"},
       {closing(1000, "\xE2\x82")},
       fails(1007, framing_errc::bad_utf8)},
  };
  // The edges of RFC 3629: what is just inside and just outside.
  for (const std::string good :
       {"\x01\x7F", "\xC2\x80", "\xDF\xBF", "\xE0\xA0\x80", "\xED\x9F\xBF", "\xEE\x80\x80",
        "\xEF\xBF\xBF", "\xF0\x90\x80\x80", "\xF4\x8F\xBF\xBF"}) {
    rows.push_back({{"8.1/bad-utf8-fails", keeps, both, "an edge"},
                    {text("a" + good + "z")},
                    hears({"text:a" + good + "z"})});
  }
  for (const std::string bad :
       {"\x80", "\xBF", "\xC0\x80", "\xC1\xBF", "\xC2",
        "\xC2"
        "A",
        "\xE0\x80\x80", "\xE0\x9F\xBF", "\xE2\x82", "\xED\xA0\x80", "\xED\xBF\xBF",
        "\xF0\x80\x80\x80", "\xF0\x8F\xBF\xBF", "\xF4\x90\x80\x80", "\xF5\x80\x80\x80",
        "\xF8\x88\x80\x80\x80", "\xFE", "\xFF"}) {
    rows.push_back({{"8.1/bad-utf8-fails", breaks, both, "over an edge"},
                    {text("a" + bad)},
                    fails(1007, framing_errc::bad_utf8)});
    rows.push_back({{"8.1/bad-utf8-fails", breaks, both, "over an edge, in fragments"},
                    {part(text("a")), more(bad)},
                    fails(1007, framing_errc::bad_utf8)});
  }
  return rows;
}
const table<frame_case> cases{"Utf8", "Texts", play_frames, texts()};

}  // namespace utf8_test
}  // namespace hawser::rfc6455
