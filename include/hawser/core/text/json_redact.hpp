// JSON for a log: as it was sent, without the values that are secret.
#pragma once

#include <hawser/error.hpp>

#include <string>
#include <string_view>
#include <vector>

namespace hawser {

/// Checks that these are JSON pointers (RFC 6901): empty, or beginning with `/`, and no `~` but in
/// ~0 and ~1. errc::invalid_option; the detail says which one is not.
result<void, error_info> validate_json_pointers(const std::vector<std::string>& pointers);

/// Replaces secret values by "***": those that a JSON pointer names (RFC 6901; of members that are
/// there twice, both), and with `by_name` those of members whose name is_secret_member, and in
/// every other string, names too, what redact_text hides of it: URLs, forms, JSON of its own. The
/// rest of the text stays as it is; a string of which something is hidden is written anew.
class json_redactor {
 public:
  /// Pointers that validate_json_pointers refuses name nothing.
  explicit json_redactor(const std::vector<std::string>& pointers = {}, bool by_name = true);

  /// A peer chooses how deep its messages nest, and each level takes room on our stack.
  static constexpr std::size_t max_depth = 128;

  /// The redacted text. errc::invalid_option if `json` is not one whole JSON text, or nests deeper
  /// than max_depth where it is looked into, or has an integer above 64 bits.
  result<std::string> redact(std::string_view json) const;

 private:
  std::vector<std::vector<std::string>> targets_;  // reference tokens
  bool by_name_;
};

/// Text of any kind, without what its names say is secret: JSON as json_redactor does by name; of
/// what is not one whole JSON text, values behind `"name":` and what redact_parameters hides, both
/// also where they are escaped as in JSON.
std::string redact_text(std::string_view text);

}  // namespace hawser
