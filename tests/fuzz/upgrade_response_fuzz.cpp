// Property: what a client makes of a response does not depend on how it is cut, and is bounded.
#include "fuzz/fuzz.hpp"
#include "io/net/client_upgrade.hpp"

using namespace hawser;

std::vector<std::string> fuzz::seeds() {
  const std::string upgraded =
      "HTTP/1.1 101 Switching Protocols\r\nUpgrade: websocket\r\nConnection: Upgrade\r\n"
      "Sec-WebSocket-Accept: s3pPLMBiTxaQ9kYGzzhZRbK+xOo=\r\n";
  return {upgraded + "\r\n",
          upgraded + "Sec-WebSocket-Protocol: chat\r\n\r\n\x81\x02hi",
          "HTTP/1.1 101\r\n\r\n",
          "HTTP/1.1 401 Unauthorized\r\nContent-Length: 20\r\nWWW-Authenticate: Bearer\r\n\r\nno",
          "HTTP/1.1 503 x\r\nContent-Length: 100000000000\r\nRetry-After: 30\r\n\r\nabc",
          "HTTP/1.1 429 x\r\nTransfer-Encoding: chunked\r\n\r\n3\r\nabc\r\n0\r\n\r\n",
          "HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\nffffffffffffffff\r\nabc",
          "HTTP/1.1 100 Continue\r\n\r\nHTTP/1.1 302 Found\r\nLocation: /x\r\n\r\n",
          "HTTP/1.1 404 x\r\nA: b\r\n c\r\nContent-Length: 1\r\nContent-Length: 2\r\n\r\n",
          "SSH-2.0-OpenSSH_9\r\n"};
}

namespace {

io::upgrade_outcome read(std::string_view text, std::uint32_t pieces, bool& finished,
                         std::string& rest) {
  limits bounds;
  bounds.header_bytes = 512;
  bounds.body_bytes = 64;
  handshake h;
  h.target = "/";
  h.subprotocols = {"chat"};
  io::client_upgrade upgrade("h", h, bounds, "dGhlIHNhbXBsZSBub25jZQ==");
  finished = false;
  const auto take = [&](bytes_view piece) { return !(finished = upgrade.feed(piece)); };
  if (pieces == 0) {
    if (!text.empty()) take(as_bytes(text));
  } else {
    fuzz::in_pieces(text, pieces, take);
  }
  if (!finished) upgrade.give_up(errc::dropped);
  const io::upgrade_outcome& out = upgrade.outcome();
  fuzz::require(out.body.size() <= bounds.body_bytes, "a body is capped");
  fuzz::require(!out.error || !out.detail.empty(), "a failure has words");
  fuzz::require(out.error || out.status == 101, "nothing else is an upgrade");
  rest = as_text(upgrade.rest());
  return out;
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  const std::string_view text = fuzz::text_of(data, size);
  bool whole_ends = false;
  bool cut_ends = false;
  std::string whole_rest;
  std::string cut_rest;
  const auto whole = read(text, 0, whole_ends, whole_rest);
  const auto cut = read(text, static_cast<std::uint32_t>(size) + 1, cut_ends, cut_rest);
  fuzz::require(whole_ends == cut_ends, "pieces do not change whether it ends");
  fuzz::require(whole.error == cut.error && whole.status == cut.status, "pieces change no outcome");
  fuzz::require(whole.body == cut.body && whole.subprotocol == cut.subprotocol,
                "pieces change nothing that was read");
  fuzz::require(whole_rest.starts_with(cut_rest), "what is behind the head is the frames'");
  return 0;
}
