#include <hawser/cloud/cloud.hpp>

#include <cerrno>
#include <cstring>
#include <fstream>
#include <sstream>

namespace hawser {

result<std::vector<device_token>> read_token_file(const std::string& path, std::string& error) {
  const auto unreadable = [&] {
    error = path + ": cannot be read: " + std::strerror(errno);
    return errc::invalid_option;
  };
  errno = 0;
  std::ifstream in(path);
  if (!in) return unreadable();
  std::vector<device_token> out;
  std::string line;
  for (std::size_t number = 1; std::getline(in, line); ++number) {
    if (line.find_first_not_of(" \t\r") == std::string::npos || line.front() == '#') continue;
    std::istringstream words(line);
    device_token t;
    std::string more;
    if (!(words >> t.device >> t.token) || words >> more) {
      error = path + ":" + std::to_string(number) + ": not `device token`";
      return errc::invalid_option;
    }
    out.push_back(std::move(t));
  }
  if (in.bad()) return unreadable();  // A directory can be opened.
  return out;
}

}  // namespace hawser
