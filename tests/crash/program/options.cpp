#include "crash/program/options.hpp"

#include <charconv>
#include <cstdio>
#include <cstdlib>
#include <cstring>

namespace hawser::crash {
namespace {

[[noreturn]] void show_usage(int code) {
  std::fputs(
      "crash [--seed N] [--kills N] [--cuts N] [--errors N] [--full-disks N] [--upgrades N]\n"
      "      [--jobs N] [--minutes N] [--keep FOLDER]\n"
      "Breaks the stores on purpose and proves that nothing answered is lost. By default 1000\n"
      "kills, 1000 power cuts, 300 injected errors, 50 full disks, 20 upgrades; 0 leaves one out.\n"
      "Ends with 1 on any finding or when the minutes (30) were not enough; the evidence is "
      "kept.\n",
      code == 0 ? stdout : stderr);
  std::exit(code);
}

}  // namespace

campaign_options read_options(int argc, char** argv) {
  campaign_options o;
  const struct {
    const char* name;
    std::uint64_t& value;
  } numbers[] = {{"--seed", o.seed},     {"--kills", o.kills},           {"--cuts", o.cuts},
                 {"--errors", o.errors}, {"--full-disks", o.full_disks}, {"--upgrades", o.upgrades},
                 {"--jobs", o.jobs},     {"--minutes", o.minutes}};
  for (int i = 1; i < argc; i += 2) {
    if (std::strcmp(argv[i], "--help") == 0) show_usage(0);
    if (i + 1 == argc) show_usage(2);
    const char* value = argv[i + 1];
    bool known = std::strcmp(argv[i], "--keep") == 0;
    if (known) o.keep = value;
    for (const auto& n : numbers) {
      if (std::strcmp(argv[i], n.name) != 0) continue;
      const char* end = value + std::strlen(value);
      const auto r = std::from_chars(value, end, n.value);
      known = r.ec == std::errc{} && r.ptr == end;
    }
    if (!known) show_usage(2);
  }
  if (o.jobs == 0) show_usage(2);
  return o;
}

}  // namespace hawser::crash
