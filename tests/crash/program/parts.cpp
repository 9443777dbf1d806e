#include "crash/program/parts.hpp"

#include "support/temp_folder.hpp"

#include <atomic>
#include <cstdio>
#include <exception>
#include <filesystem>
#include <thread>

namespace hawser::crash {

namespace fs = std::filesystem;

double campaign::seconds() const {
  return std::chrono::duration<double>(std::chrono::steady_clock::now() - begun_).count();
}

bool campaign::is_over() const { return seconds() > 60.0 * static_cast<double>(options_.minutes); }

void campaign::run(const part& p) {
  lines_.push_back({p.name, {}, 0, p.count});
  line& to = lines_.back();
  std::atomic<std::uint64_t> next{0};
  std::vector<std::thread> workers;
  for (std::uint64_t i = 0; i < options_.jobs; ++i) {
    workers.emplace_back([&] {
      for (std::uint64_t n = next++; n < p.count && !is_over(); n = next++) run_one(p, n, to);
    });
  }
  for (std::thread& w : workers) w.join();
}

void campaign::run_one(const part& p, std::uint64_t n, line& to) {
  const test::temp_folder folder;
  verdict found;
  try {
    found = p.run(n, folder.path());
  } catch (const std::exception& e) {
    found.find(&verdict::broken, e.what());
  }
  std::string where = p.name + " of seed " + std::to_string(options_.seed + n);
  if (!found.holds()) {
    const fs::path kept =
        (options_.keep.empty() ? fs::temp_directory_path() : fs::path(options_.keep)) /
        ("hawser-crash-" + p.name + '-' + std::to_string(options_.seed + n));
    std::error_code ec;
    fs::remove_all(kept, ec);
    fs::create_directories(kept.parent_path(), ec);
    fs::copy(folder.path(), kept, fs::copy_options::recursive, ec);
    where += " (evidence: " + kept.string() + ")";
  }
  const std::lock_guard guard(mutex_);
  to.found.add(found, where);
  ++to.done;
  for (const std::string& words : found.findings) {
    std::printf("FOUND %s: %s\n", where.c_str(), words.c_str());
  }
  std::printf("%7.1f s  %-12s %llu of %llu: %llu tried, %s\n", seconds(), p.name.c_str(),
              static_cast<unsigned long long>(to.done), static_cast<unsigned long long>(to.of),
              static_cast<unsigned long long>(to.found.tried),
              to.found.holds() ? "nothing found" : "WITH FINDINGS");
  std::fflush(stdout);
}

int campaign::summarize() const {
  bool good = true;
  std::printf("\n%-14s %8s %9s %6s %8s %10s %9s %7s\n", "", "tried", "answered", "lost", "doubled",
              "reordered", "invented", "broken");
  for (const line& l : lines_) {
    const verdict& v = l.found;
    const auto number = [](std::uint64_t n) { return static_cast<unsigned long long>(n); };
    std::printf("%-14s %8llu %9llu %6llu %8llu %10llu %9llu %7llu\n", l.name.c_str(),
                number(v.tried), number(v.answered), number(v.lost), number(v.doubled),
                number(v.reordered), number(v.invented), number(v.broken));
    if (l.done < l.of)
      std::printf("%-14s the time was over after %llu of %llu runs\n", l.name.c_str(),
                  number(l.done), number(l.of));
    good = good && v.holds() && l.done == l.of;
  }
  std::printf("seed %llu, %.0f s\n", static_cast<unsigned long long>(options_.seed), seconds());
  return good ? 0 : 1;
}

}  // namespace hawser::crash
