// The codec without a socket: reading, writing, masking.
#include <hawser/core/ws/frame_reader.hpp>
#include <hawser/core/ws/send_queue.hpp>

#include "support/frames.hpp"

#include <benchmark/benchmark.h>

namespace {

using namespace hawser;

std::size_t iterations(const benchmark::State& state) {
  return static_cast<std::size_t>(state.iterations());
}

void set_counters(benchmark::State& state, std::size_t messages, std::size_t bytes) {
  state.SetItemsProcessed(static_cast<std::int64_t>(messages));
  state.SetBytesProcessed(static_cast<std::int64_t>(bytes));
}

// The copy into the reader's buffer stands for the kernel's and is part of the time.
void read_frames(benchmark::State& state, role self, opcode op) {
  const auto size = static_cast<std::size_t>(state.range(0));
  std::string wire;
  std::size_t frames = 0;
  do {
    wire += test::encode({.op = static_cast<unsigned>(op),
                          .payload = test::letters(size),
                          .masked = self == role::server});
    ++frames;
  } while (wire.size() + size + 14 <= frame_reader::read_size);

  frame_reader reader(self, std::size_t{1} << 20);
  std::size_t messages = 0;
  for (auto _ : state) {
    for (bytes_view left = as_bytes(wire); !left.empty();) {
      const auto room = reader.prepare();
      const std::size_t n = std::min(room.size(), left.size());
      std::memcpy(room.data(), left.data(), n);
      reader.commit(n);
      left = left.subspan(n);
      while (true) {
        const read_event e = reader.next();
        if (e.what != read_event::kind::message) break;
        benchmark::DoNotOptimize(e.payload.data());
        ++messages;
      }
    }
  }
  if (messages != frames * iterations(state)) state.SkipWithError("a message is missing");
  set_counters(state, messages, messages * size);
}

void send_frames(benchmark::State& state, role self) {
  constexpr std::size_t batch = 64;
  const auto size = static_cast<std::size_t>(state.range(0));
  const std::string payload = test::letters(size);
  test::scripted_entropy random;
  mask_source masks(random);
  send_queue queue(self, masks, {});
  for (auto _ : state) {
    for (std::size_t i = 0; i < batch; ++i) {
      if (!queue.push(lane::bulk, opcode::text, as_bytes(payload))) state.SkipWithError("full");
    }
    while (true) {
      const auto out = queue.gather();
      if (out.empty()) break;
      std::size_t n = 0;
      for (const bytes_view part : out) n += part.size();
      benchmark::DoNotOptimize(out.front().data());
      queue.consume(n);
    }
  }
  set_counters(state, batch * iterations(state), batch * iterations(state) * size);
}

void mask(benchmark::State& state) {
  const auto size = static_cast<std::size_t>(state.range(0));
  const bytes from(size, std::byte{'x'});
  bytes to(size);
  for (auto _ : state) {
    mask_copy(to.data(), from.data(), size, 0x12345678);
    benchmark::DoNotOptimize(to.data());
    benchmark::ClobberMemory();
  }
  set_counters(state, iterations(state), iterations(state) * size);
}

BENCHMARK_CAPTURE(read_frames, client_text, role::client, opcode::text)
    ->Arg(64)
    ->Arg(1024)
    ->Arg(65536);
BENCHMARK_CAPTURE(read_frames, client_binary, role::client, opcode::binary)
    ->Arg(64)
    ->Arg(1024)
    ->Arg(65536);
BENCHMARK_CAPTURE(read_frames, server_text, role::server, opcode::text)
    ->Arg(64)
    ->Arg(1024)
    ->Arg(65536);
BENCHMARK_CAPTURE(read_frames, server_binary, role::server, opcode::binary)
    ->Arg(64)
    ->Arg(1024)
    ->Arg(65536);
BENCHMARK_CAPTURE(send_frames, client, role::client)->Arg(64)->Arg(1024);
BENCHMARK_CAPTURE(send_frames, server, role::server)->Arg(64)->Arg(1024);
BENCHMARK(mask)->Arg(64)->Arg(1024)->Arg(65536);

}  // namespace
