#include "requirement.hpp"

#include <algorithm>

namespace hawser::rfc6455 {
namespace {

using enum cover;
constexpr side client = side::client;
constexpr side server = side::server;
constexpr side both = side::both;

constexpr std::string_view by_tls = "tests/tls: every handshake and refusal there";
constexpr std::string_view no_proxy = "no proxies";
constexpr std::string_view no_extensions = "no extension is ever offered or accepted";
constexpr std::string_view no_relay = "binds intermediaries; hawser is none";
constexpr std::string_view csprng = "every key comes from the CSPRNG, through mask_source";

// clang-format off
constexpr requirement table[] = {
  // 3: addresses
  {"3/no-fragment", client, "an address has no fragment"},
  {"3/hash-escaped", client, "a # that begins no fragment is written %23"},

  // 4.1: the client's handshake
  {"4.1/uri-valid", client, "an address with an invalid part fails before anything is sent"},
  {"4.1/connects", client, "opens a connection, sends the handshake and reads the answer"},
  {"4.1/one-connecting", client, "waits for another connection to the same address that is CONNECTING", not_met,
   "links of one process dial independently; nothing serializes them by address"},
  {"4.1/one-connecting-by-name", client, "without a known address, each host name counts as a host", not_applicable, no_proxy},
  {"4.1/proxy-script-uri", client, "a proxy script is given the ws URI", not_applicable, no_proxy},
  {"4.1/connect-failure", client, "a connection that cannot be opened fails the link"},
  {"4.1/tls-first", client, "wss: TLS before the first byte of the handshake", elsewhere, by_tls},
  {"4.1/tls-failure", client, "wss: a failed TLS handshake fails the link", elsewhere, by_tls},
  {"4.1/tls-tunnel", client, "wss: everything goes through the tunnel", elsewhere, by_tls},
  {"4.1/tls-sni", client, "wss: the TLS handshake names the server", elsewhere, by_tls},
  {"4.1/http-valid", client, "the request is valid HTTP"},
  {"4.1/get", client, "the method is GET"},
  {"4.1/http-version", client, "the HTTP version is at least 1.1"},
  {"4.1/request-uri", client, "the request asks for the resource name of the address"},
  {"4.1/host", client, "a Host header with the host, and the port unless it is the default"},
  {"4.1/upgrade", client, "an Upgrade header that says websocket"},
  {"4.1/connection", client, "a Connection header that says Upgrade"},
  {"4.1/key", client, "a Sec-WebSocket-Key header"},
  {"4.1/key-16-octets", client, "the key is 16 octets in base64"},
  {"4.1/key-fresh", client, "the key is random, and another one for each connection"},
  {"4.1/origin", client, "a browser says its Origin", not_applicable, "not a browser"},
  {"4.1/version", client, "a Sec-WebSocket-Version header"},
  {"4.1/version-13", client, "the version is 13"},
  {"4.1/subprotocol-tokens", client, "offered subprotocols are tokens that are not empty"},
  {"4.1/subprotocols-distinct", client, "no subprotocol is offered twice", observed},
  {"4.1/wait-for-answer", client, "nothing follows the request before the answer has come"},
  {"4.1/answer-validated", client, "the answer is read and checked as HTTP"},
  {"4.1/answer-status", client, "any status but 101 is no link, and is handled as HTTP says"},
  {"4.1/answer-upgrade", client, "fails if the answer's Upgrade is missing or not websocket"},
  {"4.1/answer-connection", client, "fails if the answer's Connection does not say Upgrade"},
  {"4.1/answer-accept", client, "fails if the answer does not prove that the key was read"},
  {"4.1/answer-extension", client, "fails if the answer names an extension that was not offered"},
  {"4.1/answer-subprotocol", client, "fails if the answer names a subprotocol that was not offered"},
  {"4.1/answer-conforms", client, "fails if the answer breaks 4.2.2 in any other way"},

  // 4.2: the server's handshake
  {"4.2.1/get", server, "a request that is not a GET is refused"},
  {"4.2.1/http-version", server, "a request below HTTP/1.1 is refused"},
  {"4.2.1/request-uri", server, "a target that is no resource name is refused"},
  {"4.2.1/host", server, "a request without one good Host is refused"},
  {"4.2.1/upgrade", server, "a request whose Upgrade does not say websocket is refused"},
  {"4.2.1/connection", server, "a request whose Connection does not say Upgrade is refused"},
  {"4.2.1/key", server, "a request without one key of 16 octets in base64 is refused"},
  {"4.2.1/version", server, "a request without one version 13 is refused"},
  {"4.2.1/subprotocols", server, "a list of subprotocols that breaks its grammar is refused"},
  {"4.2.1/extensions", server, "a list of extensions that breaks its grammar is refused"},
  {"4.2.1/error-status", server, "what is refused gets an HTTP response with an error status"},
  {"4.2.2/tls-tunnel", server, "on an HTTPS port everything goes through the tunnel", not_applicable,
   "the acceptor has no HTTPS port"},
  {"4.2.2/origin", server, "an origin that is not wanted gets an HTTP error"},
  {"4.2.2/version", server, "a version that is not known gets an HTTP error that names the known ones"},
  {"4.2.2/resource", server, "a service that is not there gets an HTTP error"},
  {"4.2.2/subprotocol-offered", server, "the chosen subprotocol is one that the client offered"},
  {"4.2.2/subprotocol-none", server, "without agreement there is no Sec-WebSocket-Protocol in the answer"},
  {"4.2.2/extensions-chosen", server, "extensions are chosen among the client's", not_applicable, no_extensions},
  {"4.2.2/extensions-offered", server, "no extension is named that the client did not list"},
  {"4.2.2/answer-101", server, "acceptance is a valid response with status 101"},
  {"4.2.2/answer-upgrade", server, "the answer's Upgrade is websocket"},
  {"4.2.2/answer-connection", server, "the answer's Connection is Upgrade"},
  {"4.2.2/answer-accept", server, "the answer's Sec-WebSocket-Accept follows from the key"},

  // 4.3, 4.4
  {"4.3/quoted-token", server, "a quoted extension parameter is a token once its quotes are off"},
  {"4.4/versions-listed", server, "refusing a version lists all that would be accepted"},

  // 5.1, 5.2, 5.3: frames
  {"5.1/client-masks", client, "every frame of a client is masked"},
  {"5.1/unmasked-closes", server, "a frame that is not masked ends the link"},
  {"5.1/server-never-masks", server, "no frame of a server is masked"},
  {"5.1/masked-closes", client, "a masked frame ends the link"},
  {"5.2/reserved-zero", both, "the reserved bits of a frame are zero"},
  {"5.2/reserved-fails", both, "a reserved bit fails the link"},
  {"5.2/opcode-unknown", both, "an unknown opcode fails the link"},
  {"5.2/length-63-bits", both, "the first bit of a 64-bit length is zero"},
  {"5.2/length-minimal", both, "a length takes the fewest octets that hold it"},
  {"5.2/extension-data-length", both, "an extension says how long its data is", not_applicable, no_extensions},
  {"5.2/extension-negotiated", both, "an extension says how it is negotiated", not_applicable, no_extensions},
  {"5.3/mask-bit", client, "a masked frame says so in its mask bit"},
  {"5.3/key-fresh", client, "each frame has a mask key of its own", observed},
  {"5.3/key-entropy", client, "mask keys come from a strong source of entropy", by_construction, csprng},
  {"5.3/key-unpredictable", client, "a mask key does not tell the next one", by_construction, csprng},

  // 5.4: fragmentation
  {"5.4/control-whole", both, "a control frame is never a fragment"},
  {"5.4/fragments-in-order", both, "fragments are delivered in the order that they were sent in"},
  {"5.4/not-interleaved", both, "no message begins inside another"},
  {"5.4/control-between", both, "control frames are handled between the fragments of a message"},
  {"5.4/receives-both", both, "messages are received whole and in fragments"},
  {"5.4/relay-control", both, "a relay does not fragment control frames", not_applicable, no_relay},
  {"5.4/relay-reserved-bits", both, "a relay leaves frames with unknown bits as they are", not_applicable, no_relay},
  {"5.4/relay-extensions", both, "a relay leaves messages of unknown extensions as they are", not_applicable, no_relay},
  {"5.4/relay-handshake", both, "a relay that saw no handshake leaves messages as they are", not_applicable, no_relay},
  {"5.4/one-type", both, "all fragments are of the type that the first one says"},

  // 5.5: control frames
  {"5.5/control-125", both, "a control frame carries at most 125 octets"},
  {"5.5/control-whole", both, "a control frame has FIN set"},
  {"5.5.1/body-is-code", both, "the body of a Close begins with a status code of two octets"},
  {"5.5.1/reason-hidden", client, "the reason of a Close is not shown to end users", not_applicable,
   "a library has no end users; the reason goes to hooks and to the operator's log"},
  {"5.5.1/client-close-masked", client, "a client's Close is masked"},
  {"5.5.1/nothing-after-close", both, "no data frame follows our Close"},
  {"5.5.1/close-answered", both, "a Close is answered with a Close, unless one was sent"},
  {"5.5.1/tcp-closed", both, "after both Closes the TCP connection is closed"},
  {"5.5.1/server-closes-at-once", server, "the server closes TCP as soon as both Closes are through"},
  {"5.5.2/ping-answered", both, "a Ping is answered with a Pong, unless a Close has come"},
  {"5.5.3/pong-echoes", both, "a Pong carries what its Ping carried"},

  // 5.6, 5.8
  {"5.6/text-is-utf8", both, "a whole text message is UTF-8, whatever its frames are"},
  {"5.8/extensions-negotiated", both, "an extension is used only when it was negotiated"},

  // 6: sending and receiving
  {"6.1/open", both, "data is sent only while the link is open"},
  {"6.1/aborts", both, "sending stops when the link is no longer open"},
  {"6.1/framed", both, "data is sent in frames as 5.2 defines them"},
  {"6.1/opcode", both, "the first frame says whether the data is text or binary"},
  {"6.1/fin", both, "the last frame of the data has FIN set"},
  {"6.1/client-masks", client, "the data of a client is masked"},
  {"6.1/transmitted", both, "what was framed is put on the network", observed},
  {"6.2/parsed", both, "what arrives is read as frames"},
  {"6.2/control-handled", both, "a control frame is handled as one"},
  {"6.2/type-noted", both, "a message is given out with the type of its first frame"},
  {"6.2/new-message", both, "what follows the last frame belongs to a new message"},
  {"6.2/server-unmasks", server, "what a client masked is unmasked"},

  // 7: closing
  {"7.1.2/start", both, "closing begins with a Close that carries the code and the reason"},
  {"7.1.7/client-closes", client, "failing a link closes its TCP connection"},
  {"7.1.7/server-closes", server, "failing a link closes its TCP connection"},
  {"7.1.7/reads-no-more", both, "nothing that arrives after a failure is processed"},
  {"7.2.1/client-fails", client, "a handshake that must fail ends as 7.1.7 says"},
  {"7.2.1/transport-lost", client, "a lost TCP connection fails the link"},
  {"7.2.2/server-aborts", server, "an aborted opening handshake closes the connection"},
  {"7.4.1/no-1005", both, "1005 is never in a Close frame"},
  {"7.4.1/no-1006", both, "1006 is never in a Close frame"},
  {"7.4.1/no-1015", both, "1015 is never in a Close frame"},

  // 8, 9, 10
  {"8.1/bad-utf8-fails", both, "what must be UTF-8 and is not fails the link"},
  {"8.1/bad-utf8-in-handshake", both, "the same during the opening handshake", not_applicable,
   "nothing in the handshake is read as UTF-8: header values are octets"},
  {"9/only-requested", server, "the answer names no extension that was not asked for"},
  {"9/parameters", both, "extension parameters are as the extension says", not_applicable, no_extensions},
  {"9.1/malformed-fails", both, "a list of extensions that breaks its grammar fails the handshake at once"},
  {"9.1/registered", both, "extension names are registered ones", not_applicable, no_extensions},
  {"9.1/parameters-defined", both, "only parameters that the extension defines are sent", not_applicable, no_extensions},
  {"9.1/not-before-accepted", client, "an offered extension is not used before it is accepted", by_construction, no_extensions},
  {"10.3/key-fresh", client, "each frame has a new mask key", observed},
  {"10.3/key-unpredictable", client, "applications cannot predict mask keys", by_construction, csprng},
  {"10.3/payload-fixed", client, "a payload cannot be changed once its frame is begun", by_construction,
   "a payload is copied or moved into the queue before it is masked"},
  {"10.4/limits", both, "the size of frames and of whole messages is bounded"},
  {"10.6/tls", both, "TLS is supported", elsewhere, by_tls},
  {"10.7/validated", both, "everything that arrives is validated"},

  // 11: what the registrations demand of endpoints
  {"11.1/unicode-host", client, "a host that is not ASCII is converted first"},
  {"11.1/unicode-path", client, "a path or query that is not ASCII is percent-encoded first"},
  {"11.3.1/key-once", client, "a request has one Sec-WebSocket-Key"},
  {"11.3.2/extensions-once", server, "a response has at most one Sec-WebSocket-Extensions"},
  {"11.3.3/accept-once", server, "a response has one Sec-WebSocket-Accept"},
  {"11.3.4/subprotocol-once", server, "a response has at most one Sec-WebSocket-Protocol"},
  {"11.3.5/version-once", client, "a request has one Sec-WebSocket-Version"},
};
// clang-format on

}  // namespace

std::span<const requirement> requirements() { return table; }

const requirement* find_requirement(std::string_view id) {
  const auto found = std::find_if(std::begin(table), std::end(table),
                                  [&](const requirement& r) { return r.id == id; });
  return found == std::end(table) ? nullptr : found;
}

}  // namespace hawser::rfc6455
