// What must not be shown: by the names of things, and by what a client has sent itself.
#pragma once

#include <span>
#include <string>
#include <string_view>
#include <vector>

namespace hawser {

/// Whether the value of a header field, or of a parameter in a query or form, must not be logged
/// because of its name, which may be percent-encoded. In any case, a part of the name says so
/// ("auth", "cookie", "token", "secret", "key", "passw", "pwd", "signature", "credential",
/// "session"), or a whole word of it does (sig, code, ticket, sid, jwt, otp, pin, pass, hmac,
/// nonce, bearer); words end at what is no letter, and in camelCase. WWW-Authenticate and
/// Proxy-Authenticate hold no secret.
bool is_secret(std::string_view name);

/// The same of a JSON member. Of the whole words only sig, jwt, otp, hmac, bearer, pin and pass
/// count, and only for a string: `code` or `ticket` is mostly something else there.
bool is_secret_member(std::string_view name, bool is_string);

/// What was hidden of a text: parts of it.
using hidden_parts = std::vector<std::string>;

/// A query, a form, a request target or any text with `name=value` in it: values whose name
/// is_secret are replaced by ***, as far as the next `&`, as are values, segments of a path and
/// words that hold such a parameter percent-encoded, the user information of URLs, and what stands
/// behind the name of a header field that is_secret (`X-Api-Key: ...`), as far as the end of its
/// line. `hidden`: what was replaced.
std::string redact_parameters(std::string_view text, hidden_parts* hidden = nullptr);
/// `text` with the values of parts of multipart/form-data (RFC 7578) replaced that have a secret
/// name.
std::string redact_parts(std::string_view text);

/// Offered subprotocols: what stands behind the first word that is_secret is replaced
/// (`bearer.***`), and if nothing does, the whole next one.
std::vector<std::string> redact_subprotocols(std::span<const std::string> offered,
                                             hidden_parts* hidden = nullptr);

/// The value of a header field as it may be logged; *** if the name of the field is_secret.
std::string redact_field(std::string_view name, std::string_view value,
                         hidden_parts* hidden = nullptr);

}  // namespace hawser
