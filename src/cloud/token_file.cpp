#include "cloud/token_file.hpp"

#include <cerrno>
#include <cstring>
#include <fstream>
#include <sstream>

namespace hawser {

result<std::vector<device_token>, error_info> parse_tokens(std::istream& in,
                                                           const std::string& name) {
  std::vector<device_token> out;
  std::string line;
  for (std::size_t number = 1; std::getline(in, line); ++number) {
    if (line.find_first_not_of(" \t\r") == std::string::npos || line.front() == '#') continue;
    std::istringstream words(line);
    device_token t;
    std::string more;
    if (!(words >> t.device >> t.token) || words >> more) {
      return invalid_option(name + ":" + std::to_string(number) + ": not `device token`");
    }
    out.push_back(std::move(t));
  }
  return out;
}

result<std::vector<device_token>, error_info> read_token_file(const std::string& path) {
  errno = 0;
  std::ifstream in(path);
  if (in) {
    auto out = parse_tokens(in, path);
    if (!in.bad()) return out;  // A directory can be opened.
  }
  return invalid_option(path + ": cannot be read: " + std::strerror(errno));
}

}  // namespace hawser
