#include "cli/tls_flags.hpp"

#include "cli/named_files.hpp"

namespace hawser::cli {

void add_tls(CLI::App& sub, tls_options& to) {
  sub.add_option("--ca", to.ca_file, "trust these authorities, PEM, instead of the system's")
      ->check(readable_file);
  auto* certificate =
      sub.add_option("--cert", to.certificate_file, "show this certificate and its chain, PEM")
          ->check(readable_file);
  auto* key = sub.add_option("--key", to.key_file, "its key, PEM")
                  ->check(readable_file)
                  ->needs(certificate);
  certificate->needs(key);
  sub.add_option("--pin", to.pins, "accept only this public key, sha256//BASE64; may be repeated");
  sub.add_flag("--insecure", to.insecure_skip_verify,
               "do not verify the server: anybody may sit between");
}

}  // namespace hawser::cli
