// What the TLS tests share: an authority, a server's identity of it, their files, and a client that
// says one word and leaves.
#pragma once

#include <hawser/hawser.hpp>

#include "support/acceptor_host.hpp"
#include "support/certificates.hpp"
#include "support/line_log.hpp"
#include "support/temp_folder.hpp"

#include <gtest/gtest.h>

#include <fstream>
#include <optional>

namespace hawser::test {

/// Sends "hello", closes when it comes back.
struct caller : adapter<caller, on::open, on::message> {
  std::string version = {};
  bool resumed = false;
  bool answered = false;
  void on_open(context& c, const open_info& o) {
    version = o.tls.version;
    resumed = o.tls.resumed;
    (void)c.send("hello");
  }
  verdict on_message(context& c, const inbound& m) {
    answered = m.text() == "hello";
    c.close();
    return handled;
  }
};

struct outcome {
  error_code error;
  std::string detail;
  caller said;
};

class TlsTest : public ::testing::Test {
 protected:
  std::string file(const std::string& name, const std::string& content) {
    const std::string path = folder_ / name;
    std::ofstream(path) << content;
    return path;
  }
  /// The options of an acceptor that shows `who`.
  io::acceptor_options serving(const identity& who, const std::string& name = "server") {
    io::acceptor_options o;
    o.tls.certificate_file = file(name + ".pem", who.chain_pem());
    o.tls.key_file = file(name + ".key", who.key_pem());
    return o;
  }
  tls_options trusting() { return {.ca_file = file("ca.pem", authority_.certificate_pem())}; }
  /// Of whoever trusts an authority that nothing here is signed by.
  tls_options trusting_another() {
    return {.ca_file = file("other.pem", make_authority("stranger").certificate_pem())};
  }

  static outcome call(const std::string& url, const tls_options& tls,
                      std::shared_ptr<log_sink> log = {}) {
    client<caller, trace, heartbeat> c{{.url = url, .tls = tls, .log = std::move(log)}};
    outcome o;
    o.error = c.run();
    o.detail = c.last_detail();
    o.said = c.get<caller>();
    return o;
  }

  temp_folder folder_;
  identity authority_ = make_authority();
  identity server_ = make_identity({}, &authority_);
};

}  // namespace hawser::test
