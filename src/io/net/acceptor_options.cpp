#include <hawser/io/acceptor.hpp>

namespace hawser::io {
namespace {

result<void, error_info> validate(const tls_server_options& o) {
  const auto refuse = [](const std::string& why) { return invalid_option("tls." + why); };
  for (const auto& [name, file] : {std::pair{"certificate_file", &o.certificate_file},
                                   {"key_file", &o.key_file},
                                   {"client_ca_file", &o.client_ca_file}}) {
    if (*file && (*file)->empty()) return refuse(std::string(name) + ": must not be empty");
  }
  if (o.certificate_file.has_value() != o.key_file.has_value()) {
    return refuse("certificate_file and key_file: one needs the other");
  }
  if (o.client_ca_file && !o.certificate_file) {
    return refuse("client_ca_file: needs certificate_file, or nobody is asked for a certificate");
  }
  if (o.verify_depth < 0 || o.verify_depth > 100) return refuse("verify_depth: must be 0 to 100");
  return {};
}

}  // namespace

result<void, error_info> validate(const acceptor_options& o) {
  if (o.unix_socket && o.unix_socket->empty())
    return invalid_option("unix_socket: must not be empty");
  if (o.unix_socket && o.unix_socket->size() >= 108) {
    return invalid_option("unix_socket: longer than a socket's path can be");
  }
  if (o.connections == 0) return invalid_option("connections: must be above 0");
  if (o.pending == 0) return invalid_option("pending: must be above 0");
  if (o.limits.header_bytes < 256)
    return invalid_option("limits.header_bytes: must be at least 256");
  return validate(o.tls);
}

}  // namespace hawser::io
