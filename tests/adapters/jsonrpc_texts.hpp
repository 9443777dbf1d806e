// What the tests of jsonrpc share: texts of the wire, and the end of a call.
#pragma once

#include <hawser/adapters/jsonrpc/adapter.hpp>
#include <hawser/testkit.hpp>

#include <gtest/gtest.h>

#include <string>

namespace hawser::test {

using outcome = call_result<rpc::reply>;

// What a call came to.
template <class Harness>
outcome end_of(Harness& h, pending<rpc::reply>& p) {
  h.settle();
  EXPECT_TRUE(p.ready());
  return p.get(duration::zero());
}

inline std::string request(int id, const std::string& method, const std::string& params = {}) {
  return R"({"jsonrpc":"2.0","method":")" + method + "\"" +
         (params.empty() ? "" : ",\"params\":" + params) + ",\"id\":" + std::to_string(id) + "}";
}
inline std::string result_of(const std::string& id, const std::string& value) {
  return R"({"jsonrpc":"2.0","result":)" + value + ",\"id\":" + id + "}";
}
inline std::string error_of(const std::string& id, int code, const std::string& message) {
  return R"({"jsonrpc":"2.0","error":{"code":)" + std::to_string(code) + R"(,"message":")" +
         message + "\"},\"id\":" + id + "}";
}

}  // namespace hawser::test
