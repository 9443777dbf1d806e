#include "server_identity.hpp"

#include "support/certificates.hpp"

#include <filesystem>
#include <fstream>
#include <stdexcept>

namespace bench {

server_identity::server_identity() : context_(SSL_CTX_new(TLS_server_method()), SSL_CTX_free) {
  folder_ = (std::filesystem::temp_directory_path() / "hawser-bench-XXXXXX").string();
  if (!::mkdtemp(folder_.data())) fail("mkdtemp");
  ca_file_ = folder_ + "/ca.pem";
  certificate_file_ = folder_ + "/server.pem";
  key_file_ = folder_ + "/server.key";
  const auto authority = hawser::test::make_authority();
  const auto server = hawser::test::make_identity({}, &authority);
  std::ofstream(ca_file_) << authority.certificate_pem();
  std::ofstream(certificate_file_) << server.chain_pem();
  std::ofstream(key_file_) << server.key_pem();
  SSL_CTX* c = context_.get();
  SSL_CTX_set_min_proto_version(c, TLS1_2_VERSION);
  SSL_CTX_set_mode(c, SSL_MODE_ENABLE_PARTIAL_WRITE | SSL_MODE_ACCEPT_MOVING_WRITE_BUFFER);
  SSL_CTX_set_read_ahead(c, 1);
  if (SSL_CTX_use_certificate_chain_file(c, certificate_file_.c_str()) != 1 ||
      SSL_CTX_use_PrivateKey_file(c, key_file_.c_str(), SSL_FILETYPE_PEM) != 1) {
    throw std::runtime_error("certificate");
  }
}

server_identity::~server_identity() {
  std::error_code ignored;
  std::filesystem::remove_all(folder_, ignored);
}

}  // namespace bench
