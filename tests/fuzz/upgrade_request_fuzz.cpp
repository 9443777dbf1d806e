// Property: what an acceptor makes of a request does not depend on how it is cut, and is bounded.
#include "fuzz/fuzz.hpp"
#include "io/net/server_upgrade.hpp"

using namespace hawser;

std::vector<std::string> fuzz::seeds() {
  const std::string fields =
      "Host: h\r\nUpgrade: websocket\r\nConnection: keep-alive, Upgrade\r\n"
      "Sec-WebSocket-Key: dGhlIHNhbXBsZSBub25jZQ==\r\nSec-WebSocket-Version: 13\r\n";
  return {"GET / HTTP/1.1\r\n" + fields + "\r\n",
          "GET /chat?x=1 HTTP/1.1\r\n" + fields + "Sec-WebSocket-Protocol: a, b\r\n\r\nrest",
          "\r\nGET http://[::1]:8080/a HTTP/1.2\r\n" + fields + "Origin: https://h\r\n\r\n",
          "GET / HTTP/1.1\r\n" + fields + "Content-Length: 5\r\n\r\nhello",
          "POST / HTTP/1.1\r\n" + fields + "Transfer-Encoding: gzip, chunked\r\n\r\n0\r\n\r\n",
          "HEAD / HTTP/1.1\r\nHost: h\r\n\r\n",
          "GET / HTTP/1.0\r\n\r\n"};
}

namespace {

struct judged {
  io::server_upgrade::verdict what = io::server_upgrade::verdict::need_more;
  int status = 0;
  std::string said;  // the answer, or why not
};

judged judge(std::string_view text, std::uint32_t pieces) {
  limits bounds;
  bounds.header_bytes = 512;
  io::server_upgrade upgrade(bounds);
  judged out;
  const auto take = [&](bytes_view piece) {
    out.what = upgrade.feed(piece);
    return out.what == io::server_upgrade::verdict::need_more;
  };
  if (pieces == 0) {
    if (!text.empty()) take(as_bytes(text));
  } else {
    fuzz::in_pieces(text, pieces, take);
  }
  if (out.what == io::server_upgrade::verdict::ready) out.said = upgrade.accept();
  if (out.what == io::server_upgrade::verdict::malformed) {
    out.status = upgrade.status();
    out.said = upgrade.detail();
    fuzz::require(out.status >= 400 && out.status < 600, "a refusal has a status of an error");
    fuzz::require(!out.said.empty(), "a refusal has words");
  }
  if (out.what == io::server_upgrade::verdict::need_more) {
    fuzz::require(text.size() <= bounds.header_bytes, "a head above its bound is refused");
  }
  return out;
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  const std::string_view text = fuzz::text_of(data, size);
  const judged whole = judge(text, 0);
  const judged cut = judge(text, static_cast<std::uint32_t>(size) + 1);
  fuzz::require(whole.what == cut.what, "pieces change no verdict");
  fuzz::require(whole.status == cut.status && whole.said == cut.said, "pieces change no answer");
  return 0;
}
