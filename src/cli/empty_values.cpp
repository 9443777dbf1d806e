#include "cli/empty_values.hpp"

#include "cli/commands.hpp"

#include <string>
#include <string_view>

namespace hawser::cli {

void refuse_empty_words(int argc, const char* const* argv) {
  for (int i = 1; i < argc; ++i) {
    const std::string_view word = argv[i];
    if (word.starts_with("--") && word.find('=') == word.size() - 1) {
      throw usage_error(std::string(word.substr(0, word.size() - 1)) + ": must not be empty");
    }
  }
}

void refuse_empty_values(CLI::App& app) {
  const CLI::Validator not_empty(
      [](const std::string& value) {
        return value.empty() ? std::string("must not be empty") : std::string();
      },
      "");
  for (CLI::Option* o :
       app.get_options([](CLI::Option* each) { return each->get_items_expected_max() != 0; })) {
    o->check(not_empty);
  }
  for (CLI::App* sub : app.get_subcommands([](CLI::App*) { return true; }))
    refuse_empty_values(*sub);
}

}  // namespace hawser::cli
