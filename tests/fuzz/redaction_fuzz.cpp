// Property: whatever surrounds it, a secret that stands behind its name in the input is not shown,
// and redacted JSON is JSON.
#include <hawser/core/text/json_redact.hpp>
#include <hawser/core/text/redaction.hpp>

#include "fuzz/fuzz.hpp"

using namespace hawser;

std::vector<std::string> fuzz::seeds() {
  return {"/chat?token=abc&x=1",
          R"({"token":"abc","a":[{"password":"x"},{"url":"ws://u:p@h/?sig=1"}]})",
          "a%3Fapi_key%3Dxyz&b",
          "Authorization: Bearer abc\r\nHost: h\r\n",
          R"({"text":"{\"secret\":\"abc\"}"})",
          "--x\r\nContent-Disposition: form-data; name=\"otp\"\r\n\r\n123\r\n--x--",
          "bearer.abc",
          "[[[[1,2.5e3,true,null]]]]"};
}

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  static const json_redactor& redactor = *new json_redactor({"/a/b", "/0"});
  const std::string text(fuzz::text_of(data, size));
  (void)redact_text(text);
  (void)redact_parts(text);
  (void)redact_field(text.substr(0, size / 2), text.substr(size / 2));
  (void)is_secret(text);
  const std::string secret = "Zq7Zq7Zq7";
  const std::string behind = text + "&token=" + secret;
  fuzz::require(redact_parameters(behind).find(secret) == std::string::npos,
                "a parameter behind anything is hidden");
  fuzz::require(redact_parameters("token=" + secret + '&' + text).find(secret) == std::string::npos,
                "a parameter in front of anything is hidden");
  const auto shown = redactor.redact(text);
  if (!shown) return 0;
  fuzz::require(redactor.redact(*shown).has_value(), "redacted JSON is JSON");
  const auto around = redactor.redact("[" + text + R"(,{"token":")" + secret + "\"}]");
  fuzz::require(!around || around->find(secret) == std::string::npos, "a member is hidden");
  return 0;
}
