// Damaged rows in words, until they are told.
#pragma once

#include <string>
#include <utility>
#include <vector>

namespace hawser::io::sqlite {

/// Names the first of them; of a file that is rotten throughout, the others are counted.
class damage_list {
 public:
  void add(std::string what) {
    if (named_.size() < most_named) {
      named_.push_back(std::move(what));
    } else {
      ++others_;
    }
  }
  void add(std::vector<std::string> all) {
    for (std::string& what : all) add(std::move(what));
  }
  /// All of it, each in a line that begins with the path; then the list is empty.
  std::vector<std::string> take(const std::string& path) {
    auto out = std::exchange(named_, {});
    if (others_ > 0) out.push_back("and " + std::to_string(others_) + " more");
    others_ = 0;
    for (std::string& what : out) what.insert(0, path + ": ");
    return out;
  }

 private:
  static constexpr std::size_t most_named = 20;

  std::vector<std::string> named_;
  std::size_t others_ = 0;
};

}  // namespace hawser::io::sqlite
