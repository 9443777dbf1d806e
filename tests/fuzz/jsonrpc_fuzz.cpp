// Property: whatever a peer of JSON-RPC sends is answered or ignored; no input is too much.
#include <hawser/adapters/jsonrpc/message.hpp>

#include "fuzz/fuzz.hpp"

using namespace hawser;

std::vector<std::string> fuzz::seeds() {
  return {R"({"jsonrpc":"2.0","id":1,"method":"sum","params":[1,2]})",
          R"({"jsonrpc":"2.0","method":"tick","params":{"a":1}})",
          R"({"jsonrpc":"2.0","id":"x","result":{"a":[1,2,{"b":null}]}})",
          R"({"jsonrpc":"2.0","id":1,"error":{"code":-32601,"message":"no","data":[1]}})",
          R"([{"jsonrpc":"2.0","id":null,"method":"a"},1,[]])",
          R"({"jsonrpc":"1.0","id":{},"method":5})"};
}

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  static rpc::reader& reader = *new rpc::reader;
  std::string padded(fuzz::text_of(data, size));
  padded.resize(size + simdjson::SIMDJSON_PADDING);
  std::string_view why;
  const auto root = reader.parse(as_bytes(std::string_view(padded).substr(0, size)), &why);
  fuzz::require(root || !why.empty(), "a refusal has words");
  if (!root) return 0;
  const rpc::incoming in = rpc::classify(*root);
  const bool bad =
      in.what == rpc::incoming::kind::bad_request || in.what == rpc::incoming::kind::bad_reply;
  fuzz::require(bad == !in.why.empty(), "what is bad, and only that, has words");
  return 0;
}
