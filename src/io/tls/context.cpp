#include "io/tls/context.hpp"

#include "io/tls/certificate.hpp"
#include "io/tls/errors.hpp"

#include <openssl/err.h>
#include <openssl/x509v3.h>

#include <algorithm>
#include <array>
#include <map>
#include <mutex>
#include <sys/stat.h>

namespace hawser::io {
namespace {

constexpr std::array<unsigned char, 9> alpn = {8, 'h', 't', 't', 'p', '/', '1', '.', '1'};

// RFC 7301 section 3.2: a client that names protocols, none of them ours, is refused.
int choose_protocol(SSL*, const unsigned char** chosen, unsigned char* size,
                    const unsigned char* offered, unsigned offered_size, void*) {
  unsigned char* found = nullptr;
  if (SSL_select_next_proto(&found, size, alpn.data(), alpn.size(), offered, offered_size) !=
      OPENSSL_NPN_NEGOTIATED) {
    return SSL_TLSEXT_ERR_ALERT_FATAL;
  }
  *chosen = found;
  return SSL_TLSEXT_ERR_OK;
}

// Without it OpenSSL asks for a passphrase on the terminal.
int no_passphrase(char*, int, int, void*) { return 0; }

// A server's ticket. 1: we keep the session.
int keep_session(SSL* ssl, SSL_SESSION* session) {
  const auto& kept = static_cast<tls_notes*>(SSL_get_app_data(ssl))->sessions;
  if (!kept || kept->context.get() != SSL_get_SSL_CTX(ssl)) return 0;
  kept->session.reset(session);
  return 1;
}

// The session does not show a certificate that was refused: what is to be said of it is noted here.
int note_refusal(int accepted, X509_STORE_CTX* store) {
  X509* shown = X509_STORE_CTX_get_current_cert(store);
  auto* ssl =
      static_cast<SSL*>(X509_STORE_CTX_get_ex_data(store, SSL_get_ex_data_X509_STORE_CTX_idx()));
  if (accepted == 1 || shown == nullptr) return accepted;
  auto& notes = *static_cast<tls_notes*>(SSL_get_app_data(ssl));
  std::array<char, 256> name{};
  X509_NAME_oneline(X509_get_subject_name(shown), name.data(), name.size());
  notes.refused = name.data();
  const int why = X509_STORE_CTX_get_error(store);
  if (why == X509_V_ERR_HOSTNAME_MISMATCH || why == X509_V_ERR_IP_ADDRESS_MISMATCH) {
    notes.refused_names = list_names_of(shown);
  }
  notes.refused_has_names = X509_get_ext_by_NID(shown, NID_subject_alt_name, -1) >= 0;
  return accepted;
}

struct unusable {
  std::string why;
};

void check(bool done, const char* option, const std::string& file) {
  if (!done) throw unusable{std::string(option) + ": " + file + ": " + last_openssl_error()};
}

tls_context make_context(const SSL_METHOD* method) {
  ERR_clear_error();
  tls_context made(SSL_CTX_new(method), SSL_CTX_free);
  if (!made) throw unusable{"OpenSSL: " + last_openssl_error()};
  SSL_CTX* c = made.get();
  SSL_CTX_set_min_proto_version(c, TLS1_2_VERSION);  // RFC 8996
  SSL_CTX_set_security_level(c, 2);                  // 112 bits
  SSL_CTX_set_options(c, SSL_OP_NO_RENEGOTIATION | SSL_OP_NO_COMPRESSION);
  // An idle link holds no record buffers. A write that was taken in part begins again elsewhere.
  SSL_CTX_set_mode(c, SSL_MODE_RELEASE_BUFFERS | SSL_MODE_ENABLE_PARTIAL_WRITE |
                          SSL_MODE_ACCEPT_MOVING_WRITE_BUFFER);
  SSL_CTX_set_read_ahead(c, 1);  // One read for many records, not two for each.
  SSL_CTX_set_default_passwd_cb(c, no_passphrase);
  SSL_CTX_set_verify(c, SSL_VERIFY_NONE, note_refusal);
  return made;
}

void use_certificate(SSL_CTX* c, const std::string& certificate, const std::string& key) {
  check(SSL_CTX_use_certificate_chain_file(c, certificate.c_str()) == 1, "tls.certificate_file",
        certificate);
  check(SSL_CTX_use_PrivateKey_file(c, key.c_str(), SSL_FILETYPE_PEM) == 1, "tls.key_file", key);
  check(SSL_CTX_check_private_key(c) == 1, "tls.key_file", key);
}

tls_context make_client(const tls_options& o) {
  tls_context made = make_context(TLS_client_method());
  SSL_CTX* c = made.get();
  SSL_CTX_set_verify_depth(c, o.verify_depth);
  if (!o.ca_file) {
    check(SSL_CTX_set_default_verify_paths(c) == 1, "tls.ca_file", "the system's authorities");
  } else {
    check(SSL_CTX_load_verify_file(c, o.ca_file->c_str()) == 1, "tls.ca_file", *o.ca_file);
  }
  if (o.certificate_file) use_certificate(c, *o.certificate_file, *o.key_file);
  SSL_CTX_set_alpn_protos(c, alpn.data(), alpn.size());
  SSL_CTX_set_session_cache_mode(c, SSL_SESS_CACHE_CLIENT | SSL_SESS_CACHE_NO_INTERNAL);
  SSL_CTX_sess_set_new_cb(c, keep_session);
  return made;
}

tls_context make_server(const tls_server_options& o) {
  tls_context made = make_context(TLS_server_method());
  SSL_CTX* c = made.get();
  use_certificate(c, *o.certificate_file, *o.key_file);
  SSL_CTX_set_alpn_select_cb(c, choose_protocol, nullptr);
  // A session may be resumed only where it was begun, since it carries the client's certificate.
  constexpr std::string_view context_id = "hawser";
  SSL_CTX_set_session_id_context(c, reinterpret_cast<const unsigned char*>(context_id.data()),
                                 context_id.size());
  if (!o.client_ca_file) return made;
  const std::string& ca = *o.client_ca_file;
  check(SSL_CTX_load_verify_file(c, ca.c_str()) == 1, "tls.client_ca_file", ca);
  SSL_CTX_set_client_CA_list(c, SSL_load_client_CA_file(ca.c_str()));
  SSL_CTX_set_verify_depth(c, o.verify_depth);
  SSL_CTX_set_verify(c, SSL_VERIFY_PEER | SSL_VERIFY_FAIL_IF_NO_PEER_CERT, nullptr);
  return made;
}

// Changes when the file does.
std::string stamp(const std::optional<std::string>& path) {
  if (!path) return "\n";
  struct stat s {};
  if (::stat(path->c_str(), &s) != 0) return *path + '\n';
  return *path + ' ' + std::to_string(s.st_ino) + ' ' + std::to_string(s.st_size) + ' ' +
         std::to_string(s.st_mtim.tv_sec) + ' ' + std::to_string(s.st_mtim.tv_nsec) + '\n';
}

template <class Make>
result<tls_context> share(const std::string& key, Make&& make, std::string& complaint) {
  static std::mutex mutex;
  static std::map<std::string, std::weak_ptr<SSL_CTX>> known;
  const std::lock_guard guard(mutex);
  if (const auto it = known.find(key); it != known.end()) {
    if (auto shared = it->second.lock()) return shared;
  }
  std::erase_if(known, [](const auto& entry) { return entry.second.expired(); });
  try {
    tls_context made = make();
    known[key] = made;
    return made;
  } catch (const unusable& u) {
    complaint = u.why;
    return tls_errc::unusable_files;
  }
}

}  // namespace

result<tls_context> client_context(const tls_options& o, std::string& complaint) {
  const std::string key = "client " + std::to_string(o.verify_depth) + '\n' + stamp(o.ca_file) +
                          stamp(o.certificate_file) + stamp(o.key_file);
  return share(
      key, [&] { return make_client(o); }, complaint);
}

result<tls_context> server_context(const tls_server_options& o, std::string& complaint) {
  const std::string key = "server " + std::to_string(o.verify_depth) + '\n' +
                          stamp(o.certificate_file) + stamp(o.key_file) + stamp(o.client_ca_file);
  return share(
      key, [&] { return make_server(o); }, complaint);
}

}  // namespace hawser::io
