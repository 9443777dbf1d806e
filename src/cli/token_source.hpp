// The bearer token of one device, out of a token file that may be replaced while we run.
#pragma once

#include <hawser/log.hpp>

#include <functional>
#include <memory>
#include <string>

namespace hawser::cli {

/// Reads the file now: throws usage_error if it cannot be read or has no token for the device. What
/// it returns reads it anew at each call; when it then cannot be used, the log says so and the last
/// token counts.
std::function<std::string()> token_source(const std::string& path, const std::string& device,
                                          std::shared_ptr<log_sink> log);

}  // namespace hawser::cli
