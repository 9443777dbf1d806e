// Property: a token file is read whole or refused by its line, without a word of what stands there.
#include "cloud/token_file.hpp"
#include "fuzz/fuzz.hpp"

#include <sstream>

using namespace hawser;

std::vector<std::string> fuzz::seeds() {
  return {"gw-1 s3cret\ngw-2 other\n", "# all of them\n\n\t\r\ngw-1\tabc\r\n", "gw-1\n",
          "gw-1 a b\n", std::string("gw-1 \0a\n", 8)};
}

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  const std::string_view text = fuzz::text_of(data, size);
  std::istringstream in{std::string(text)};
  std::string error;
  const auto tokens = parse_tokens(in, "F", error);
  if (!tokens) {
    const std::string_view end = ": not `device token`";
    fuzz::require(error.starts_with("F:") && error.ends_with(end), "a refusal names the line");
    const std::string number = error.substr(2, error.size() - 2 - end.size());
    fuzz::require(!number.empty() && number.find_first_not_of("0123456789") == number.npos,
                  "and nothing else");
    return 0;
  }
  for (const device_token& t : *tokens) {
    fuzz::require(!t.device.empty() && !t.token.empty(), "both are there");
    fuzz::require(text.find(t.token) != text.npos, "a token is as it was written");
  }
  return 0;
}
