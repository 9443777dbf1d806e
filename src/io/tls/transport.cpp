#include "io/tls/transport.hpp"

#include "io/tls/certificate.hpp"
#include "io/tls/errors.hpp"

#include <boost/asio/ip/address.hpp>
#include <boost/asio/post.hpp>
#include <openssl/bio.h>
#include <openssl/err.h>
#include <openssl/x509v3.h>

#include <algorithm>
#include <array>
#include <cstring>
#include <new>
#include <utility>
#include <vector>

namespace hawser::io {
namespace {

constexpr std::size_t record_size = 16 * 1024;  // of plaintext (RFC 8446 section 5.1)
constexpr std::size_t write_size = 4 * record_size;

// What an operation works in; shared by all links of a thread, so that an idle one holds none.
struct workspace {
  std::vector<std::byte> sealed;  // records, on their way to the lower transport
  std::array<std::byte, record_size> gathered;
};
workspace& work() {
  thread_local const auto w = std::make_unique<workspace>();
  return *w;
}

class tls_transport final : public transport {
 public:
  tls_transport(std::unique_ptr<transport> lower, executor on, const tls_context& context)
      : lower_(std::move(lower)), executor_(std::move(on)), context_(context) {
    ssl_.reset(SSL_new(context.get()));
    BIO* b = ssl_ ? BIO_new(method()) : nullptr;
    if (b == nullptr) throw std::bad_alloc();
    SSL_set_app_data(ssl_.get(), &notes_);
    BIO_set_data(b, this);
    BIO_set_init(b, 1);
    SSL_set_bio(ssl_.get(), b, b);
  }
  // A session that was not shut down counts as bad and could not be resumed: yet a link that broke
  // is the very one that comes again.
  ~tls_transport() override {
    SSL_set_shutdown(ssl_.get(), SSL_SENT_SHUTDOWN | SSL_RECEIVED_SHUTDOWN);
  }

  void as_client(const tls_options& o, const std::string& host,
                 const std::shared_ptr<tls_resumption>& resumption);
  void as_server() { SSL_set_accept_state(ssl_.get()); }

  io_result handshake() override;
  io_result read(std::span<std::byte> into) override;
  io_result write(std::span<const bytes_view> from) override;
  void wait_readable(io_waiter& w) override;
  void wait_writable(io_waiter& w) override { lower_->wait_writable(w); }
  void shutdown() noexcept override;
  void close() noexcept override { lower_->close(); }
  std::string describe(const error_code& ec) const override {
    return ec == failed_.error ? failed_.detail : lower_->describe(ec);
  }
  tls_info security() const override {
    return {SSL_get_version(ssl_.get()), SSL_get_cipher_name(ssl_.get()),
            SSL_session_reused(ssl_.get()) == 1,
            dns_names_of(SSL_get0_peer_certificate(ssl_.get()))};
  }

 private:
  static const BIO_METHOD* method();
  static int pull(BIO* b, char* into, std::size_t size, std::size_t* n);
  static int push(BIO* b, const char* from, std::size_t size, std::size_t* n);
  static long control(BIO* b, int command, long, void*);

  io_result step(int r);
  io_result fail(error_code ec, std::string detail);
  io_result drain();
  bool pinned() const;
  std::span<const std::byte> next_piece(std::span<const bytes_view> from, std::size_t at) const;

  std::unique_ptr<transport> lower_;
  executor executor_;
  tls_context context_;
  ssl_handle ssl_;
  std::vector<std::string> pins_;
  tls_notes notes_;
  std::vector<std::byte> pending_;  // records that the lower transport had no room for
  std::size_t taken_ = 0;           // plaintext in them that write() has not answered for
  bool dry_ = false;                // the lower transport has nothing more to read
  bool starved_ = false;            // OpenSSL has nothing more to give, and asked for more
  bool lower_ended_ = false;
  error_code lower_error_;
  tls_failure failed_;
  io_result over_;  // ended or failed: what every later read answers
};

// --- the BIO: between OpenSSL and the lower transport -----------------------------------------

const BIO_METHOD* tls_transport::method() {
  static const auto m = [] {
    BIO_METHOD* made = BIO_meth_new(BIO_get_new_index() | BIO_TYPE_SOURCE_SINK, "hawser transport");
    BIO_meth_set_read_ex(made, pull);
    BIO_meth_set_write_ex(made, push);
    BIO_meth_set_ctrl(made, control);
    return made;
  }();
  return m;
}

int tls_transport::pull(BIO* b, char* into, std::size_t size, std::size_t* n) {
  auto& me = *static_cast<tls_transport*>(BIO_get_data(b));
  BIO_clear_retry_flags(b);
  *n = 0;
  if (me.dry_) {
    BIO_set_retry_read(b);
    return 0;
  }
  const io_result r = me.lower_->read({reinterpret_cast<std::byte*>(into), size});
  switch (r.what) {
    case io_result::kind::done:
      me.dry_ = r.n < size;  // A short read has most likely emptied the socket.
      *n = r.n;
      return 1;
    case io_result::kind::ended:
      me.lower_ended_ = true;
      return 0;
    case io_result::kind::failed:
      me.lower_error_ = r.error;
      return 0;
    default:
      me.dry_ = true;
      BIO_set_retry_read(b);
      return 0;
  }
}

// Takes everything, so that OpenSSL never waits to write.
int tls_transport::push(BIO*, const char* from, std::size_t size, std::size_t* n) {
  auto& sealed = work().sealed;
  const auto* first = reinterpret_cast<const std::byte*>(from);
  sealed.insert(sealed.end(), first, first + size);
  *n = size;
  return 1;
}

long tls_transport::control(BIO* b, int command, long, void*) {
  const auto& me = *static_cast<const tls_transport*>(BIO_get_data(b));
  if (command == BIO_CTRL_EOF) return me.lower_ended_ ? 1 : 0;
  return command == BIO_CTRL_FLUSH ? 1 : 0;
}

// Sends what was sealed: done, blocked or failed.
io_result tls_transport::drain() {
  auto& sealed = work().sealed;
  if (!pending_.empty()) {
    pending_.insert(pending_.end(), sealed.begin(), sealed.end());
    sealed.clear();
  }
  auto& from = pending_.empty() ? sealed : pending_;
  std::size_t sent = 0;
  io_result r{io_result::kind::done, 0, {}};
  while (sent < from.size()) {
    const bytes_view left(from.data() + sent, from.size() - sent);
    r = lower_->write({&left, 1});
    if (r.what != io_result::kind::done) break;
    sent += r.n;
  }
  if (&from == &sealed) {
    pending_.assign(sealed.begin() + static_cast<std::ptrdiff_t>(sent), sealed.end());
    sealed.clear();
  } else {
    pending_.erase(pending_.begin(), pending_.begin() + static_cast<std::ptrdiff_t>(sent));
  }
  if (pending_.empty()) pending_.shrink_to_fit();
  return r;
}

// --- the stream -------------------------------------------------------------------------------

io_result tls_transport::fail(error_code ec, std::string detail) {
  failed_ = {ec, std::move(detail)};
  over_ = {io_result::kind::failed, 0, ec};
  return over_;
}

// What an OpenSSL call that did not succeed means.
io_result tls_transport::step(int r) {
  switch (SSL_get_error(ssl_.get(), r)) {
    case SSL_ERROR_WANT_READ:
      starved_ = true;
      return {io_result::kind::wants_read, 0, {}};
    case SSL_ERROR_ZERO_RETURN:
      over_ = {io_result::kind::ended, 0, {}};
      return over_;
    default:
      break;
  }
  if (lower_error_) {
    ERR_clear_error();
    return fail(lower_error_, lower_->describe(lower_error_));
  }
  const bool asked = SSL_get_client_CA_list(ssl_.get()) != nullptr &&
                     SSL_get_certificate(ssl_.get()) == nullptr && SSL_is_server(ssl_.get()) == 0;
  tls_failure why = explain_tls(ssl_.get(), asked);
  return fail(why.error, std::move(why.detail));
}

io_result tls_transport::handshake() {
  if (over_.what == io_result::kind::failed) return over_;
  starved_ = false;
  ERR_clear_error();
  const int r = SSL_do_handshake(ssl_.get());
  const io_result stepped = r == 1 ? io_result{io_result::kind::done, 0, {}} : step(r);
  const io_result sent = drain();  // Also the alert that tells the peer why.
  if (stepped.what == io_result::kind::failed) return stepped;
  if (sent.what == io_result::kind::failed) return fail(sent.error, lower_->describe(sent.error));
  if (sent.what == io_result::kind::blocked) return {io_result::kind::wants_write, 0, {}};
  if (stepped.what == io_result::kind::done && !pinned()) {
    const error_code ec = tls_errc::wrong_pin;
    return fail(ec, ec.message());
  }
  return stepped;
}

io_result tls_transport::read(std::span<std::byte> into) {
  std::size_t n = 0;
  io_result r = over_;
  starved_ = false;
  while (r.what == io_result::kind::blocked && n < into.size()) {
    ERR_clear_error();
    std::size_t got = 0;
    const int outcome = SSL_read_ex(ssl_.get(), into.data() + n, into.size() - n, &got);
    n += got;
    if (outcome != 1) r = step(outcome);
    if (r.what == io_result::kind::wants_read) break;
  }
  if (!work().sealed.empty() || !pending_.empty()) {  // The answer to a key update.
    const io_result sent = drain();
    // A writer that was told `blocked` sees to the rest itself, and reading goes on: the peer may
    // read only when it has written everything.
    if (n == 0 && taken_ == 0 && sent.what == io_result::kind::blocked &&
        r.what == io_result::kind::wants_read) {
      return {io_result::kind::wants_write, 0, {}};
    }
  }
  if (n != 0) return {io_result::kind::done, n, {}};
  return r.what == io_result::kind::wants_read ? io_result{} : r;
}

// The next plaintext from `at` on that makes a record: what lies in one piece, or as much as fits,
// gathered.
std::span<const std::byte> tls_transport::next_piece(std::span<const bytes_view> from,
                                                     std::size_t at) const {
  std::size_t i = 0;
  while (i < from.size() && at >= from[i].size()) at -= from[i++].size();
  if (i == from.size()) return {};
  const bytes_view first = from[i].subspan(at);
  if (first.size() >= record_size || i + 1 == from.size()) {
    return first.first(std::min(first.size(), record_size));
  }
  auto& gathered = work().gathered;
  std::size_t n = 0;
  for (bytes_view left = first; n < gathered.size();) {
    const std::size_t some = std::min(left.size(), gathered.size() - n);
    std::copy_n(left.begin(), some, gathered.begin() + static_cast<std::ptrdiff_t>(n));
    n += some;
    if (++i >= from.size()) break;
    left = from[i];
  }
  return {gathered.data(), n};
}

io_result tls_transport::write(std::span<const bytes_view> from) {
  if (over_.what == io_result::kind::failed) return over_;
  if (!pending_.empty()) {
    const io_result r = drain();
    if (r.what != io_result::kind::done) return r;
  }
  if (taken_ != 0) return {io_result::kind::done, std::exchange(taken_, 0), {}};
  std::size_t n = 0;
  while (n < write_size) {
    const auto piece = next_piece(from, n);
    if (piece.empty()) break;
    ERR_clear_error();
    std::size_t written = 0;
    const int r = SSL_write_ex(ssl_.get(), piece.data(), piece.size(), &written);
    if (r != 1) {
      const io_result why = step(r);
      drain();  // Nothing of ours may stay in the workspace: the next link there would send it.
      return why;
    }
    n += written;
  }
  const io_result r = drain();
  if (r.what == io_result::kind::done) return {io_result::kind::done, n, {}};
  if (r.what == io_result::kind::blocked) taken_ = n;
  return r;  // After a failure what the peer sent before can still be read.
}

// OpenSSL may hold what was read already, also when the lower transport is dry, since it reads
// ahead: then nothing will come to wake us.
void tls_transport::wait_readable(io_waiter& w) {
  if (starved_ && over_.what == io_result::kind::blocked) {
    dry_ = false;
    return lower_->wait_readable(w);
  }
  asio::post(executor_, [keep = w.shared_from_this()] { keep->readable(); });
}

// close_notify (RFC 8446 section 6.1), then the end of our side of TCP.
void tls_transport::shutdown() noexcept {
  ERR_clear_error();
  if (SSL_is_init_finished(ssl_.get()) != 0 && over_.what != io_result::kind::failed) {
    SSL_shutdown(ssl_.get());
    drain();
  }
  ERR_clear_error();
  lower_->shutdown();
}

// --- roles ------------------------------------------------------------------------------------

void tls_transport::as_client(const tls_options& o, const std::string& host,
                              const std::shared_ptr<tls_resumption>& resumption) {
  SSL* ssl = ssl_.get();
  pins_ = o.pins;
  std::string name = o.server_name.empty() ? host : o.server_name;
  // A zone is no part of an address (RFC 6874 section 1).
  if (name.find(':') != std::string::npos) name.resize(std::min(name.find('%'), name.size()));
  notes_.asked = name;
  error_code not_numeric;
  asio::ip::make_address(name, not_numeric);
  X509_VERIFY_PARAM* verify = SSL_get0_param(ssl);
  X509_VERIFY_PARAM_set_hostflags(
      verify, X509_CHECK_FLAG_NEVER_CHECK_SUBJECT | X509_CHECK_FLAG_NO_PARTIAL_WILDCARDS);
  bool named = false;
  if (not_numeric) {
    named = SSL_set_tlsext_host_name(ssl, name.c_str()) == 1 &&
            X509_VERIFY_PARAM_set1_host(verify, name.data(), name.size()) == 1;
  } else {  // An address is no name to ask for (RFC 6066 section 3).
    named = X509_VERIFY_PARAM_set1_ip_asc(verify, name.c_str()) == 1;
  }
  if (!named) throw std::bad_alloc();  // Without a name OpenSSL would verify none.
  SSL_set_verify(ssl, o.insecure_skip_verify ? SSL_VERIFY_NONE : SSL_VERIFY_PEER, nullptr);
  SSL_set_connect_state(ssl);
  if (resumption->context != context_) *resumption = {context_, nullptr};
  if (!o.resume) return;
  notes_.sessions = resumption;
  if (!resumption->session) return;
  SSL_set_session(ssl, resumption->session.get());
  // A TLS 1.3 ticket is used once, or an observer could tell that two links are of one client
  // (RFC 8446 appendix C.4); the new link brings new ones.
  if (SSL_SESSION_get_protocol_version(resumption->session.get()) == TLS1_3_VERSION) {
    resumption->session.reset();
  }
}

bool tls_transport::pinned() const {
  if (pins_.empty()) return true;
  const std::string shown = pin_of(SSL_get0_peer_certificate(ssl_.get()));
  return std::find(pins_.begin(), pins_.end(), shown) != pins_.end();
}

}  // namespace

std::unique_ptr<transport> make_tls_client(std::unique_ptr<transport> lower, executor on,
                                           const tls_context& context, const tls_options& o,
                                           const std::string& host,
                                           const std::shared_ptr<tls_resumption>& resumption) {
  auto made = std::make_unique<tls_transport>(std::move(lower), std::move(on), context);
  made->as_client(o, host, resumption);
  return made;
}

std::unique_ptr<transport> make_tls_server(std::unique_ptr<transport> lower, executor on,
                                           const tls_context& context) {
  auto made = std::make_unique<tls_transport>(std::move(lower), std::move(on), context);
  made->as_server();
  return made;
}

}  // namespace hawser::io
