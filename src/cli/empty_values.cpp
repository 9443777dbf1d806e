#include "cli/empty_values.hpp"

#include "cli/commands.hpp"

namespace hawser::cli {

void refuse_empty_words(const std::vector<std::string>& words) {
  for (const std::string& word : words) {
    if (word.starts_with("--") && word.find('=') == word.size() - 1) {
      throw usage_error(word.substr(0, word.size() - 1) + ": must not be empty");
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
