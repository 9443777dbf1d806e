// A message on its way through the plug-ins; a plain function call is the peer.
#include <hawser/adapter.hpp>
#include <hawser/behavior.hpp>
#include <hawser/chain.hpp>

#include <benchmark/benchmark.h>

#include <atomic>
#include <memory>

namespace {

using namespace hawser;

template <int Number>
struct onlooker : behavior<onlooker<Number>, on::message> {
  std::uint64_t bytes = 0;
  verdict on_message(context&, const inbound& m) {
    bytes += m.data.size();
    return verdict::pass;
  }
};

struct sink : adapter<sink, on::message> {
  std::uint64_t bytes = 0;
  verdict on_message(context&, const inbound& m) {
    bytes += m.data.size();
    return handled;
  }
};

// Watches on demand, and is not asked to: what a trace that is off costs.
struct idle_observer : behavior<idle_observer, on::open>, hook_observer {
  std::shared_ptr<std::atomic<hook_mask>> watched = std::make_shared<std::atomic<hook_mask>>(0);
  void on_open(context&, const open_info&) {}
  bool watches(const context&, hook h) const noexcept override {
    return (watched->load(std::memory_order_relaxed) & bit(h)) != 0;
  }
  void walked(context&, const event_sink&, hook, std::span<const hook_step>) override {}
};

[[gnu::noinline]] verdict plain_function(std::uint64_t& bytes, const inbound& m) {
  bytes += m.data.size();
  return handled;
}

inbound some_message() { return {1, opcode::text, as_bytes("some message")}; }

void function_call(benchmark::State& state) {
  const inbound m = some_message();
  std::uint64_t bytes = 0;
  for (auto _ : state) benchmark::DoNotOptimize(plain_function(bytes, m));
}

template <class... Plugins>
void message(benchmark::State& state) {
  chain<Plugins...> plugins(Plugins{}...);
  const inbound m = some_message();
  event_sink* through = &plugins;
  effects fx;
  const link_state link;
  for (auto _ : state) {
    benchmark::DoNotOptimize(through);  // Else the compiler sees which chain it is.
    context c(fx, link, {});
    benchmark::DoNotOptimize(through->message(c, m));
  }
}

BENCHMARK(function_call);
BENCHMARK_TEMPLATE(message, sink)->Name("chain_of_1");
BENCHMARK_TEMPLATE(message, onlooker<1>, onlooker<2>, onlooker<3>, sink)->Name("chain_of_4");
BENCHMARK_TEMPLATE(message, onlooker<1>, onlooker<2>, onlooker<3>, idle_observer, sink)
    ->Name("chain_of_4_and_idle_observer");

}  // namespace
