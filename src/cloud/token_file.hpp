// What a token file says.
#pragma once

#include <hawser/cloud/cloud.hpp>

#include <iosfwd>

namespace hawser {

/// What read_token_file() makes of a file that is called `name`.
result<std::vector<device_token>> parse_tokens(std::istream& in, const std::string& name,
                                               std::string& error);

}  // namespace hawser
