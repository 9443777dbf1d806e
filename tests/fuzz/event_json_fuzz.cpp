// Property: an event is read whole or refused in words; what is kept of it is within its bounds.
#include <hawser/core/text/json_text.hpp>
#include <hawser/edge/event_json.hpp>

#include "fuzz/fuzz.hpp"

using namespace hawser;

std::vector<std::string> fuzz::seeds() {
  return {
      R"({"governor":"quota","id":"tenant-1/api","event":"set_quota","limit":1000,"window":"1h"})",
      R"({"governor":"quota","id":"a","event":"record_usage","amount":1.0,"key":"k-1"})",
      R"({"governor":"quota","id":"a","event":"record_usage","amount":1e3,)"
      R"("context":{"n":9007199254740993.0,"s":["a\u00e4\ud83d\ude00",1e400,null,true]}})",
      "\xef\xbb\xbf"
      R"({"id":"a","governor":"quota","event":"get_state"})",
      R"({"governor":"quota","id":"a","event":"x","context":[[[[{"a":"b"}]]]]})",
      R"({"governor":"quota","governor":"quota","id":"","event":"x"})",
      "[]",
      "{}",
      "null"};
}

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  static event_reader& reader = *new event_reader;
  const std::string_view text = fuzz::text_of(data, size);
  (void)event_reader::is_blank(text);
  std::string detail;
  const auto event = reader.read(text, detail);
  if (!event) {
    fuzz::require(!detail.empty(), "a refusal has words");
    return 0;
  }
  for (const std::string* name : {&event->governor, &event->id, &event->name}) {
    fuzz::require(!name->empty() && name->size() <= 256, "a name is within its bounds");
  }
  fuzz::require(event->key.size() <= 256, "a key is within its bounds");
  fuzz::require(event->context.size() <= text.size(), "a context is minified, never longer");
  fuzz::require(event->context.empty() || event->context_dropped.empty(), "kept or dropped");
  return 0;
}
