// expect: hawser: get<P>(): no plug-in P is in the list of this client
// expect: P = hawser::heartbeat | <hawser::heartbeat>
// as: BEHAVIORS ALONE
#include <hawser/behaviors/heartbeat.hpp>
#include <hawser/behaviors/reconnect.hpp>

#include "check.hpp"

int main() {
#ifdef BEHAVIORS
  hawser::client<right, hawser::reconnect> client{{.url = "ws://localhost"}};
#else
  hawser::client<right> client{{.url = "ws://localhost"}};
#endif
  return client.get<hawser::heartbeat>().idle() == hawser::duration::zero();
}
