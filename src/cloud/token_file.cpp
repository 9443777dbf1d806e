#include "cloud/token_file.hpp"

#include <cerrno>
#include <cstring>
#include <fstream>
#include <sstream>

namespace hawser {

result<std::vector<device_token>> parse_tokens(std::istream& in, const std::string& name,
                                               std::string& error) {
  std::vector<device_token> out;
  std::string line;
  for (std::size_t number = 1; std::getline(in, line); ++number) {
    if (line.find_first_not_of(" \t\r") == std::string::npos || line.front() == '#') continue;
    std::istringstream words(line);
    device_token t;
    std::string more;
    if (!(words >> t.device >> t.token) || words >> more) {
      error = name + ":" + std::to_string(number) + ": not `device token`";
      return errc::invalid_option;
    }
    out.push_back(std::move(t));
  }
  return out;
}

result<std::vector<device_token>> read_token_file(const std::string& path, std::string& error) {
  errno = 0;
  std::ifstream in(path);
  auto out = in ? parse_tokens(in, path, error) : errc::invalid_option;
  if (in.is_open() && !in.bad()) return out;  // A directory can be opened.
  error = path + ": cannot be read: " + std::strerror(errno);
  return errc::invalid_option;
}

}  // namespace hawser
