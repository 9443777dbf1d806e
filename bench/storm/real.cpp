#include "real.hpp"

#include <hawser/hawser.hpp>

#include "support/acceptor_host.hpp"

#include <algorithm>
#include <cstdio>
#include <memory>
#include <thread>
#include <vector>

namespace bench {
namespace {

using namespace std::chrono_literals;
using clock = std::chrono::steady_clock;

struct arrivals {
  unsigned clients;
  unsigned open = 0;
  std::vector<clock::time_point> at = {};
};

struct visitor : hawser::adapter<visitor, hawser::on::open, hawser::on::drop> {
  visitor(std::shared_ptr<arrivals> to, hawser::io::loop& on) : seen(std::move(to)), loop(on) {}
  std::shared_ptr<arrivals> seen;
  hawser::io::loop& loop;
  void on_open(hawser::context&, const hawser::open_info&) {
    seen->at.push_back(clock::now());
    if (++seen->open == seen->clients) loop.stop();
  }
  void on_drop(hawser::context&, const hawser::drop_info&) { --seen->open; }
};

struct console final : hawser::log_sink {
  void write(hawser::log_level, std::string_view line) noexcept override {
    std::printf("  %.*s\n", static_cast<int>(line.size()), line.data());
  }
  hawser::log_level threshold() const noexcept override { return hawser::log_level::warn; }
};

double seconds(clock::duration d) { return std::chrono::duration<double>(d).count(); }

}  // namespace

bool real_outage(unsigned clients, std::chrono::milliseconds down) {
  auto server = std::make_unique<hawser::test::acceptor_host>();
  const std::string url = server->url();
  const std::uint16_t port = server->port();
  const auto seen = std::make_shared<arrivals>(arrivals{clients});
  const auto loop = std::make_shared<hawser::io::loop>();
  const auto log = std::make_shared<console>();
  using client = hawser::resilient_client<visitor>;
  std::vector<std::unique_ptr<client>> all;
  for (unsigned i = 0; i < clients; ++i) {
    all.push_back(std::make_unique<client>(loop, hawser::options{.url = url, .log = log},
                                           visitor(seen, *loop)));
    if (!all.back()->start([](hawser::error_code) {})) return false;
  }
  loop->run();
  std::printf("%u clients of one process are connected; the server goes away for %.1f s\n", clients,
              seconds(down));
  seen->at.clear();
  clock::time_point back;
  std::thread outage([&] {
    server.reset();
    std::this_thread::sleep_for(down);
    server =
        std::make_unique<hawser::test::acceptor_host>(hawser::io::acceptor_options{.port = port});
    back = clock::now();
  });
  loop->run();
  outage.join();

  std::sort(seen->at.begin(), seen->at.end());
  const double first = seconds(seen->at.front() - back);
  const double last = seconds(seen->at.back() - back);
  std::vector<unsigned> each;
  for (const auto t : seen->at) {
    const auto s = static_cast<std::size_t>(std::max(0.0, seconds(t - back)));
    if (each.size() <= s) each.resize(s + 1);
    ++each[s];
  }
  std::printf("back after it: the first %.2f s, the last %.2f s; in each second:", first, last);
  for (const unsigned n : each) std::printf(" %u", n);
  std::printf("\n");
  all.clear();
  const double half = seconds(down) / 2;
  const double most = clients == 1 ? std::max(2.0, half) : std::max(5.0, half);
  return clients >= 1000 ? last - first <= 15 : last <= std::min(40.0, most);
}

}  // namespace bench
