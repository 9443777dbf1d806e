// Property: what a URL was read as is what its parts say when they are put together again.
#include <hawser/core/text/url.hpp>

#include "fuzz/fuzz.hpp"

using namespace hawser;

std::vector<std::string> fuzz::seeds() {
  return {"ws://h",
          "wss://example.com:8443/chat?x=1&token=a%20b",
          "ws://127.0.0.1:0/",
          "ws://[::1]:65535/a",
          "ws://[fe80::1%25eth0]/",
          "ws://[fe80::1%eth0]:80/?q",
          "WSS://EXAMPLE.com:/",
          "unix:/run/hawser.sock",
          "wss+unix:/run/a b",
          "ws://h:65536/",
          "ws://user:pass@h/",
          "ws://h/#fragment"};
}

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  std::string complaint;
  const auto first = parse_url(fuzz::text_of(data, size), complaint);
  fuzz::require(first.has_value() == complaint.empty(), "only a refusal has words");
  if (!first) return 0;
  fuzz::require(first->target.starts_with('/'), "a target begins with a slash");
  fuzz::require(!first->host.empty() || !first->unix_socket.empty(), "there is a host");
  if (!first->unix_socket.empty() || !first->zone.empty()) return 0;
  const std::string again =
      (first->secure ? "wss://" : "ws://") + first->authority() + first->target;
  const auto second = parse_url(again, complaint);
  fuzz::require(second && second->host == first->host && second->port == first->port &&
                    second->secure == first->secure && second->target == first->target,
                "its parts make the same URL");
  return 0;
}
