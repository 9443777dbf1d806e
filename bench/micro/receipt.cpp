// Receipts: their frozen encoding, their chain, and a batch of them on the wire.
#include <hawser/core/receipt/wire.hpp>

#include "support/receipt_chain.hpp"

#include <benchmark/benchmark.h>

namespace {

using namespace hawser;

constexpr std::int64_t batch_size = 100;

receipt some_receipt() {
  receipt r;
  r.seq = 123'456;
  r.hlc = hlc_at(1'700'000'000'000);
  r.event = "record_usage";
  r.from = r.to = "active";
  r.reason = "usage_recorded";
  r.key = "key-123456";
  return r;
}

void receipt_encode(benchmark::State& state) {
  const receipt r = some_receipt();
  for (auto _ : state) benchmark::DoNotOptimize(encode(r));
}

void receipt_decode(benchmark::State& state) {
  const bytes encoded = encode(some_receipt());
  for (auto _ : state) benchmark::DoNotOptimize(decode_receipt(encoded));
}

void receipt_chain_next(benchmark::State& state) {
  const bytes encoded = encode(some_receipt());
  const auto sha256 = make_sha256();
  digest head{};
  for (auto _ : state) head = chain_next(*sha256, head, encoded);
  benchmark::DoNotOptimize(head);
}

class batch {
 public:
  batch() : rows_(chain_.next_batch(batch_size)) {
    message_.sid = 1;
    message_.first_seq = 1;
    for (const chained_receipt& r : rows_) message_.rows.push_back(r.body);
    message_.head = chain_.head().hash;
  }
  const wire::receipts& message() const noexcept { return message_; }

 private:
  test::receipt_chain chain_{{"gw-7", "quota/tenant-1/api", 1}};
  std::vector<chained_receipt> rows_;
  wire::receipts message_;
};

void wire_encode_100(benchmark::State& state) {
  const batch b;
  bytes out;
  for (auto _ : state) {
    out.clear();
    wire::encode(b.message(), out);
    benchmark::DoNotOptimize(out.data());
  }
  state.SetItemsProcessed(batch_size * state.iterations());
}

void wire_decode_100(benchmark::State& state) {
  const batch b;
  bytes encoded;
  wire::encode(b.message(), encoded);
  wire::decode_error error;
  for (auto _ : state) benchmark::DoNotOptimize(wire::decode(encoded, error));
  state.SetItemsProcessed(batch_size * state.iterations());
}

BENCHMARK(receipt_encode);
BENCHMARK(receipt_decode);
BENCHMARK(receipt_chain_next);
BENCHMARK(wire_encode_100);
BENCHMARK(wire_decode_100);

}  // namespace
