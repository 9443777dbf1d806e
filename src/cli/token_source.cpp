#include "cli/token_source.hpp"

#include <hawser/cloud/cloud.hpp>

#include "cli/commands.hpp"

#include <algorithm>

namespace hawser::cli {
namespace {

// Empty: there is none, and `error` says why.
std::string read_token(const std::string& path, const std::string& device, std::string& error) {
  const auto all = read_token_file(path, error);
  if (!all) return {};
  const auto found = std::find_if(all->begin(), all->end(),
                                  [&](const device_token& t) { return t.device == device; });
  if (found != all->end()) return found->token;
  error = path + ": no token for device '" + device + "'";
  return {};
}

}  // namespace

std::function<std::string()> token_source(const std::string& path, const std::string& device,
                                          std::shared_ptr<log_sink> log) {
  std::string error;
  std::string first = read_token(path, device, error);
  if (first.empty()) throw usage_error("--token-file: " + error);
  return [path, device, log = std::move(log), last = std::move(first)]() mutable {
    std::string why;
    std::string token = read_token(path, device, why);
    if (!token.empty()) {
      last = std::move(token);
    } else if (log->wants(log_level::warn)) {
      log->write(log_level::warn, why + "; the last one read is shown");
    }
    return last;
  };
}

}  // namespace hawser::cli
