// What the cases share: a right adapter to stand beside a wrong behavior, and the ways to meet a
// plug-in. Each case names the ways that it is compiled in (`// as: ...`).
#pragma once

#include <hawser/client.hpp>

struct right : hawser::adapter<right, hawser::on::message> {
  hawser::verdict on_message(hawser::context&, const hawser::inbound&) { return hawser::handled; }
};

// CHECK(plug-in, the client that it is used in)
#if defined(ASSERT)
#define CHECK(PLUGIN, ...) static_assert(hawser::plugin<PLUGIN>)
#elif defined(CHAIN)
#define CHECK(PLUGIN, ...)                 \
  int main() {                             \
    hawser::chain<PLUGIN> chain{PLUGIN{}}; \
    return chain.mask() == 0;              \
  }
#elif defined(CLIENT)
#define CHECK(PLUGIN, ...) \
  int main() { __VA_ARGS__ client{{.url = "ws://localhost"}}; }
#else  // USED: a wrong client is refused once, whatever is done with it afterwards
#define CHECK(PLUGIN, ...)                                                       \
  int main() {                                                                   \
    __VA_ARGS__ client{{.url = "ws://localhost"}};                               \
    (void)client.send("text");                                                   \
    (void)client.submit([](auto& adapter, hawser::context&) { (void)adapter; }); \
    (void)client.template get<PLUGIN>();                                         \
    client.stop();                                                               \
    (void)client.snapshot().links;                                               \
    __VA_ARGS__ second{{.url = "ws://localhost"}, {}};                           \
    (void)second.start([](hawser::error_code) {});                               \
    return client.run() ? static_cast<int>(client.last_detail().size()) : 0;     \
  }
#endif
