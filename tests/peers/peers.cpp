#include "peers/peers.hpp"

#include <fstream>
#include <stdexcept>
#include <unistd.h>

namespace hawser::test {
namespace {

// The paths of Debian's packages: another python3 or node of the machine is not meant.
constexpr const char* python = "/usr/bin/python3";
constexpr const char* node = "/usr/bin/node";
constexpr const char* nginx = "/usr/sbin/nginx";
constexpr const char* haproxy = "/usr/sbin/haproxy";

bool exists(const std::string& path) { return ::access(path.c_str(), R_OK) == 0; }

std::vector<std::string> run_script(speaker who, const std::string& name) {
  const std::string path = std::string(HAWSER_PEERS_FOLDER) + '/' + name;
  if (who == speaker::python) return {python, "-I", "-X", "utf8", path + ".py"};
  return {node, path + ".js"};
}

std::string nginx_configuration(const front::setup& s, const std::string& port) {
  const std::string target = std::to_string(s.target);
  const std::string idle = std::to_string(s.idle_seconds) + "s";
  std::string text =
      "daemon off;\nmaster_process off;\npid nginx.pid;\nerror_log stderr warn;\n"
      "events {}\nhttp {\n  access_log off;\n  ssl_protocols TLSv1.2;\n";
  for (const char* kind : {"client_body", "proxy", "fastcgi", "uwsgi", "scgi"}) {
    text += std::string("  ") + kind + "_temp_path " + kind + ";\n";
  }
  text += "  server {\n    listen 127.0.0.1:" + port + " ssl;\n    ssl_certificate " +
          s.certificate_file + ";\n    ssl_certificate_key " + s.certificate_file +
          ";\n    add_header X-Why front always;\n";
  for (const char* status : {"401", "404", "503"}) {
    text += std::string("    location = /front/") + status + " { return " + status + " front; }\n";
  }
  return text + "    location / {\n      proxy_pass http://127.0.0.1:" + target +
         ";\n      proxy_http_version 1.1;\n      proxy_set_header Upgrade $http_upgrade;\n"
         "      proxy_set_header Connection Upgrade;\n      proxy_read_timeout " +
         idle + ";\n      proxy_send_timeout " + idle + ";\n    }\n  }\n}\n";
}

std::string haproxy_configuration(const front::setup& s, const std::string& port) {
  std::string text =
      "defaults\n  mode http\n  retries 0\n  timeout connect 5s\n  timeout client 20s\n  timeout "
      "server 20s\n"
      "  timeout tunnel " +
      std::to_string(s.idle_seconds) + "s\nfrontend front\n  bind 127.0.0.1:" + port + " ssl crt " +
      s.certificate_file + "\n";
  for (const std::string status : {"401", "404", "503"}) {
    text += "  http-request return status " + status +
            " content-type text/plain string front hdr X-Why front if { path /front/" + status +
            " }\n";
  }
  return text + "  default_backend back\nbackend back\n  server back 127.0.0.1:" +
         std::to_string(s.target) + "\n";
}

}  // namespace

std::string to_string(speaker s) { return s == speaker::python ? "python" : "node"; }

std::string to_string(between b) {
  switch (b) {
    case between::nothing:
      return "direct";
    case between::our_tls:
      return "tls";
    case between::nginx:
      return "nginx";
    case between::haproxy:
      return "haproxy";
  }
  return "?";
}

std::string missing_for(speaker s) {
  if (s == speaker::python) {
    return exists("/usr/lib/python3/dist-packages/websockets/__init__.py") ? ""
                                                                           : "python3-websockets";
  }
  return exists(node) && exists("/usr/share/nodejs/ws/index.js") ? "" : "node-ws";
}

std::string missing_for(between b) {
  if (b == between::nginx) return exists(nginx) ? "" : "nginx";
  if (b == between::haproxy) return exists(haproxy) ? "" : "haproxy";
  return "";
}

std::unique_ptr<process> start_client(speaker who, const std::string& url,
                                      const std::string& ca_file,
                                      const std::vector<std::string>& task) {
  std::vector<std::string> words = run_script(who, "client");
  words.insert(words.end(), {url, ca_file});
  words.insert(words.end(), task.begin(), task.end());
  return std::make_unique<process>(words);
}

void echo_server::start() {
  std::vector<std::string> words = run_script(who_, "echo_server");
  words.push_back(port_.text());
  running_ = std::make_unique<process>(words);
  if (!running_->says("ready")) throw std::runtime_error("no echo server: " + running_->all());
}

front::front(setup s) : setup_(std::move(s)) { start(); }

void front::start() {
  const std::string file = write_configuration();
  if (setup_.what == between::nginx) {
    running_ = std::make_unique<process>(
        std::vector<std::string>{nginx, "-p", setup_.folder, "-e", "stderr", "-c", file});
  } else {
    running_ = std::make_unique<process>(std::vector<std::string>{haproxy, "-db", "-f", file});
  }
  running_->wait_for(port_);
}

std::string front::write_configuration() const {
  const std::string path = setup_.folder + "/front.conf";
  std::ofstream(path) << (setup_.what == between::nginx
                              ? nginx_configuration(setup_, port_.text())
                              : haproxy_configuration(setup_, port_.text()));
  return path;
}

}  // namespace hawser::test
