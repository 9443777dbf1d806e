// link_bench: what an idle link weighs, plain and over TLS, beside Beast's, and how many TLS
// handshakes a client makes a second, full and resumed. The exit status is 0 if every bar is met, 1
// if one is missed, 2 if nothing could be measured.
#include <hawser/adapter.hpp>
#include <hawser/chain.hpp>
#include <hawser/io/acceptor.hpp>

#include "contenders.hpp"
#include "echo/server_identity.hpp"

#include <algorithm>
#include <cstdio>
#include <fstream>
#include <malloc.h>
#include <optional>
#include <stdexcept>
#include <sys/prctl.h>
#include <sys/resource.h>
#include <sys/wait.h>
#include <unistd.h>
#include <vector>

namespace {

constexpr std::size_t links = 1000;
constexpr int rounds = 5;

// A process of its own that answers what it is sent: hawser's acceptor. Its port comes by a pipe.
class server {
 public:
  server(const bench::server_identity* tls) {
    int ends[2];
    if (::pipe(ends) != 0) bench::fail("pipe");
    child_ = ::fork();
    if (child_ < 0) bench::fail("fork");
    if (child_ == 0) serve(tls, ends[1]);
    if (::read(ends[0], &port_, sizeof port_) != sizeof port_) bench::fail("server");
    ::close(ends[0]);
    ::close(ends[1]);
  }
  ~server() {
    ::kill(child_, SIGKILL);
    ::waitpid(child_, nullptr, 0);
  }
  std::uint16_t port() const noexcept { return port_; }

 private:
  struct echo : hawser::adapter<echo, hawser::on::message> {
    hawser::verdict on_message(hawser::context& c, const hawser::inbound& m) {
      (void)c.send(hawser::buffer(m.data), m.op);
      return hawser::handled;
    }
  };
  [[noreturn]] static void serve(const bench::server_identity* tls, int to) {
    ::prctl(PR_SET_PDEATHSIG, SIGKILL);
    const auto loop = std::make_shared<hawser::io::loop>();
    hawser::io::acceptor_options o;
    if (tls) o.tls = {.certificate_file = tls->certificate_file(), .key_file = tls->key_file()};
    hawser::io::acceptor acceptor(loop, o, [](hawser::io::peer_handle) {
      return std::make_unique<hawser::chain<echo>>(echo{});
    });
    const auto port = acceptor.listen();
    if (!port || ::write(to, &*port, sizeof *port) != sizeof *port) ::_exit(1);
    loop->run();
    ::_exit(0);
  }

  pid_t child_ = -1;
  std::uint16_t port_ = 0;
};

std::size_t resident_bytes() {
  std::size_t pages = 0;
  std::ifstream("/proc/self/statm").ignore(32, ' ') >> pages;
  return pages * static_cast<std::size_t>(::sysconf(_SC_PAGESIZE));
}

// Resident bytes a link, in a process of its own: what `links` more take than ten.
double weigh(bench::hold_links* hold, const bench::target& to) {
  int ends[2];
  if (::pipe(ends) != 0) bench::fail("pipe");
  const pid_t child = ::fork();
  if (child < 0) bench::fail("fork");
  if (child == 0) {
    try {
      std::size_t few = 0;
      std::size_t many = 0;
      const auto take = [](std::size_t& into) {
        return [&into] {
          ::malloc_trim(0);
          into = resident_bytes();
        };
      };
      hold(to, 10, take(few));
      hold(to, links + 10, take(many));
      const double each = static_cast<double>(many - std::min(few, many)) / links;
      ::_exit(::write(ends[1], &each, sizeof each) == sizeof each ? 0 : 1);
    } catch (const std::exception& e) {
      std::fprintf(stderr, "link_bench: %s\n", e.what());
      ::_exit(1);
    }
  }
  ::close(ends[1]);
  double each = 0;
  const bool told = ::read(ends[0], &each, sizeof each) == sizeof each;
  ::close(ends[0]);
  ::waitpid(child, nullptr, 0);
  if (!told) throw std::runtime_error("a contender failed");
  return each;
}

struct summary {
  double median, min, max;
};
summary summarize(std::vector<double> v) {
  std::sort(v.begin(), v.end());
  return {v[v.size() / 2], v.front(), v.back()};
}
void print(const char* name, const summary& s, const char* unit) {
  std::printf("%-34s %12.0f  %12.0f - %-12.0f %s\n", name, s.median, s.min, s.max, unit);
}

bool bar(const char* what, double value, double limit, bool at_least) {
  const bool met = at_least ? value >= limit : value <= limit;
  std::printf("%s %s: %.3g (at %s %g)\n", met ? "met    " : "MISSED ", what, value,
              at_least ? "least" : "most", limit);
  return met;
}

bool measure() {
  const bench::server_identity identity;
  const server plain(nullptr);
  const server secure(&identity);
  const bench::target in_the_clear{plain.port(), std::nullopt};
  const bench::target over_tls{secure.port(), identity.ca_file()};
  std::vector<double> weights[4];
  std::vector<double> full;
  std::vector<double> resumed;
  std::vector<double> ratios;
  for (int round = 0; round < rounds; ++round) {
    std::fprintf(stderr, "\rround %d of %d", round + 1, rounds);
    weights[0].push_back(weigh(bench::hold_hawser, in_the_clear));
    weights[1].push_back(weigh(bench::hold_beast, in_the_clear));
    weights[2].push_back(weigh(bench::hold_hawser, over_tls));
    weights[3].push_back(weigh(bench::hold_beast, over_tls));
    const auto f = bench::count_handshakes(over_tls, 1, false);
    const auto r = bench::count_handshakes(over_tls, 1, true);
    if (f.resumed != 0 || r.resumed + 1 != r.links) throw std::runtime_error("not as asked for");
    full.push_back(f.per_second);
    resumed.push_back(r.per_second);
    ratios.push_back(r.per_second / f.per_second);
  }
  std::fputs("\n", stderr);
  std::printf("%-34s %12s  %12s\n", "", "median", "min - max");
  print("idle link, hawser", summarize(weights[0]), "resident bytes");
  print("idle link, beast", summarize(weights[1]), "resident bytes");
  print("idle link over TLS, hawser", summarize(weights[2]), "resident bytes");
  print("idle link over TLS, beast", summarize(weights[3]), "resident bytes");
  print("links over TLS, full handshake", summarize(full), "a second");
  print("links over TLS, resumed", summarize(resumed), "a second");
  std::puts("");
  bool met = bar("idle link, bytes", summarize(weights[0]).median, 8192, false);
  met = bar("idle link over TLS, bytes", summarize(weights[2]).median, 40960, false) && met;
  return bar("resumed, times full", summarize(ratios).median, 1.3, true) && met;
}

}  // namespace

int main() {
  const ::rlimit files{4096, 4096};
  ::setrlimit(RLIMIT_NOFILE, &files);
  try {
    return measure() ? 0 : 1;
  } catch (const std::exception& e) {
    std::fprintf(stderr, "link_bench: %s\n", e.what());
    return 2;
  }
}
