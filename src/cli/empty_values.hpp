// Values that are empty because a shell variable was not set.
#pragma once

#include <CLI/App.hpp>

#include <string>
#include <vector>

namespace hawser::cli {

/// Throws usage_error for a word like `--name=`: CLI11 would take the next word for the value.
void refuse_empty_words(const std::vector<std::string>& words);

/// Makes every option that takes a value, of the program and of all its subcommands, refuse an
/// empty one by its name. After all of them were added.
void refuse_empty_values(CLI::App& app);

}  // namespace hawser::cli
