#include "cli/token_source.hpp"

#include <hawser/cloud/cloud.hpp>

#include "cli/commands.hpp"

#include <algorithm>

namespace hawser::cli {
namespace {

result<std::string, error_info> read_token(const std::string& path, const std::string& device) {
  const auto all = read_token_file(path);
  if (!all) return all.error();
  const auto found = std::find_if(all->begin(), all->end(),
                                  [&](const device_token& t) { return t.device == device; });
  if (found != all->end()) return found->token;
  return invalid_option(path + ": no token for device '" + device + "'");
}

}  // namespace

std::function<std::string()> token_source(const std::string& path, const std::string& device,
                                          std::shared_ptr<log_sink> log) {
  auto first = read_token(path, device);
  if (!first) throw usage_error("--token-file: " + first.error().detail);
  return [path, device, log = std::move(log), last = std::move(*first)]() mutable {
    auto token = read_token(path, device);
    if (token) {
      last = std::move(*token);
    } else if (log->wants(log_level::warn)) {
      log->write(log_level::warn, token.error().detail + "; the last one read is shown");
    }
    return last;
  };
}

}  // namespace hawser::cli
