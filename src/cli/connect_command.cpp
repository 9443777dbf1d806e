#include <hawser/behaviors/heartbeat.hpp>
#include <hawser/behaviors/reconnect.hpp>
#include <hawser/behaviors/trace.hpp>
#include <hawser/client.hpp>

#include "cli/commands.hpp"
#include "cli/conversation.hpp"
#include "cli/line_input.hpp"
#include "cli/message_text.hpp"
#include "cli/named_files.hpp"
#include "cli/printer.hpp"
#include "cli/signals.hpp"
#include "cli/tls_flags.hpp"
#include "cli/units.hpp"

#include <atomic>
#include <chrono>
#include <functional>
#include <optional>
#include <thread>
#include <unistd.h>

namespace hawser::cli {
namespace {

struct connect_args {
  std::string url;
  std::vector<std::string> headers;
  std::vector<std::string> subprotocols;
  tls_options tls;
  std::optional<std::string> unix_socket;
  std::string wait = "1s";
  std::string stall = "30s";
  std::string ping = "30s";
  std::string trace;  // "true": everything, else as the global one
  bool json = false;
  bool reconnect = false;
};

constexpr std::size_t longest_line = conversation::most_bytes;

// What the link says goes to the printer; what it takes is counted. A printer that is behind holds
// up the link: nothing more is read from it then, and no ping answered, until that is too long.
struct console : adapter<console, on::open, on::ready, on::message, on::frame, on::drop> {
  conversation* talk = nullptr;
  printer* out = nullptr;
  std::function<void()> stalled;
  bool offered = false;  // subprotocols
  bool json = false;

  void on_open(context&, const open_info& o) {
    if (offered && o.subprotocol.empty()) {
      complain("the server took none of the subprotocols that were offered");
    }
    if (json) print(to_json(o));
  }
  void on_ready(context&, const ready_info&) { talk->ready(); }
  verdict on_message(context&, const inbound& m) {
    print(json ? to_json(m) : to_line(m));
    talk->heard();
    return handled;
  }
  void on_frame(context&, const frame_info& f) {
    if (f.outbound && !is_control(f.op)) talk->left(f.size);
  }
  void on_drop(context&, const drop_info& d) {
    talk->dropped();
    if (json) print(to_json(d));
  }

  void print(std::string line) const {
    const std::size_t size = line.size();
    const auto got = talk->enter_output(size, *out);
    if (got == conversation::entry::stalled) stalled();
    if (got != conversation::entry::taken) return;
    out->answer(std::move(line), [t = talk, size] { t->leave_output(size); });
  }
};

header parse_header(const std::string& text) {
  const auto colon = text.find(':');
  if (colon == std::string::npos || colon == 0) {
    // It may be a token that lost its name, and standard error a log.
    throw usage_error("--header: one of " + std::to_string(text.size()) +
                      " bytes is not of the form 'Name: value'");
  }
  const auto begin = std::min(text.find_first_not_of(" \t", colon + 1), text.size());
  return {text.substr(0, colon), text.substr(begin)};
}

options make_options(const connect_args& a, const common& c) {
  options o;
  o.url = a.url;
  o.slow_hook = {};  // Its hooks are ours: whoever typed the command could not mend one.
  for (const std::string& h : a.headers) o.headers.push_back(parse_header(h));
  o.subprotocols = a.subprotocols;
  o.tls = a.tls;
  o.unix_socket = a.unix_socket;
  common told = c;
  if (a.trace == "true") told.log = "trace";
  o.log = told.make_log("connect");
  return o;
}

std::shared_ptr<trace_control> make_trace(const connect_args& a, common c) {
  if (!a.trace.empty() && a.trace != "true") c.trace = a.trace;
  return c.make_trace();
}

// One run, from the dial to the exit code.
class connect_run {
 public:
  connect_run(const connect_args& a, const common& c)
      : args_(a),
        wait_(parse_duration(a.wait, "--wait")),
        talk_(parse_duration(a.stall, "--stall")),
        ping_(parse_duration(a.ping, "--ping")),
        trace_(make_trace(a, c)),
        options_(make_options(a, c)),
        in_("-", "standard input", longest_line) {
    if (ping_ <= duration::zero()) throw usage_error("--ping: must be above 0");
  }
  int run();

 private:
  template <class Client>
  int talk_over(Client& client);
  bool feed(detail::client_shell& client);
  bool send(detail::client_shell& client, const std::string& line);
  void give_up(detail::client_shell& client);
  void stop_once(detail::client_shell& client);
  int judge(error_code ended, bool fed, const explanation& why);

  const connect_args& args_;
  const duration wait_;
  conversation talk_;
  const duration ping_;
  const std::shared_ptr<trace_control> trace_;
  options options_;
  line_input in_;
  std::atomic<bool> stopping_{false};
  std::size_t refused_ = 0;  // lines that are no message
  bool cut_short_ = false;   // the link ended before the input
  printer* out_ = nullptr;
};

// Sends every line; false if the input failed. The next one is read when the link has room for it.
bool connect_run::feed(detail::client_shell& client) {
  std::string line;
  while (talk_.wait_for_room()) {
    switch (in_.next(line)) {
      case line_input::kind::end:
        return true;
      case line_input::kind::failed:
        return false;
      case line_input::kind::too_long:
        ++refused_;
        complain("line " + std::to_string(in_.number()) + ": longer than " +
                 std::to_string(longest_line) + " bytes: not sent");
        continue;
      case line_input::kind::line:
        break;
    }
    if (!send(client, line)) return true;
  }
  return true;
}

// False: it is over.
bool connect_run::send(detail::client_shell& client, const std::string& line) {
  while (talk_.wait_for_room()) {
    const std::size_t link = talk_.sending(line.size());
    const auto taken = client.send(line);
    if (taken) return true;
    talk_.not_taken(line.size(), link);
    if (taken.error() == framing_errc::bad_utf8) {
      ++refused_;
      complain("line " + std::to_string(in_.number()) + ": not UTF-8: not sent");
      return true;
    }
    if (taken.error() != errc::not_connected) break;
    talk_.wait_a_moment();  // The link is ending; wait_for_room() will know.
  }
  ++refused_;
  return false;
}

// A signal, or nobody reads what we write.
void connect_run::give_up(detail::client_shell& client) {
  stopping_ = true;  // Before the input ends, which stops once.
  in_.cancel();
  talk_.hurry();
  client.stop();
}

// The end of the input. A second stop() would not let a link close that closes already.
void connect_run::stop_once(detail::client_shell& client) {
  if (!stopping_.exchange(true)) client.stop();
}

template <class Client>
int connect_run::talk_over(Client& client) {
  // Destroyed before the client that its thread may stop.
  printer out(STDOUT_FILENO, conversation::most_messages, [&] { give_up(client); });
  out_ = &out;
  const auto hurry = [&] {
    out.give_up_at(std::chrono::steady_clock::now() + printer::last_words);
    give_up(client);
  };
  auto& me = client.template get<console>();
  me.talk = &talk_;
  me.out = out_;
  me.stalled = hurry;
  me.offered = !args_.subprotocols.empty();
  me.json = args_.json;
  error_code ended;
  const termination signals(hurry, [this] { toggle(*trace_, *options_.log); });
  std::thread runner([&] {
    ended = client.run();
    talk_.end();
    in_.cancel();
  });
  const bool fed = feed(client);
  if (fed) talk_.wait_for_silence(wait_);
  cut_short_ = !stopping_ && in_.has_more();
  stop_once(client);
  runner.join();
  return judge(ended, fed, client.explain());
}

int connect_run::judge(error_code ended, bool fed, const explanation& why) {
  if (!out_->finish()) {
    return complain(out_->complaint());
  }
  if (ended || !talk_.was_ready()) {
    if (args_.json) {
      out_->answer(to_failed_json(why), [] {});
      out_->finish();
    }
    const int code = ended ? exit_code_of(ended) : 1;
    if (code == wrong_usage)
      return complain(in_client_words(why.last ? why.last->detail : ended.message()), code);
    say(in_client_words(to_words(why)));
    return code;
  }
  if (!fed) return complain("standard input: read failed");
  if (talk_.skipped() != 0) {
    return complain(std::to_string(talk_.skipped()) + " messages were not written");
  }
  const std::size_t lost = talk_.lost() + refused_;
  if (lost != 0) return complain(std::to_string(lost) + " lines were not sent");
  return cut_short_ ? complain("the rest of the input was not sent: the link ended") : 0;
}

int connect_run::run() {
  watch_termination();  // before the first thread
  // Why it ended is what this program says last.
  const trace told({.control = trace_, .tell_stopped = false});
  const heartbeat beat({.idle = ping_});
  if (args_.reconnect) {
    client<console, trace, heartbeat, reconnect> c{options_, {}, told, beat, {}};
    return talk_over(c);
  }
  client<console, trace, heartbeat> c{options_, {}, told, beat};
  return talk_over(c);
}

}  // namespace

void add_connect(CLI::App& app, const common& c, action& run) {
  auto a = std::make_shared<connect_args>();
  auto* sub = app.add_subcommand(
      "connect", "send the lines of standard input as text messages, print what comes");
  sub->add_option("url", a->url, "ws[s]://host[:port][/path][?query]")->required();
  sub->add_option("--header", a->headers, "'Name: value' for the upgrade request; may be repeated")
      ->allow_extra_args(false);
  sub->add_option("--subprotocol", a->subprotocols, "offered, best first; may be repeated")
      ->allow_extra_args(false);
  sub->add_option("--wait", a->wait,
                  "how long nothing may come or go before the end, once the input has ended")
      ->capture_default_str();
  sub->add_option("--stall", a->stall,
                  "the end, if a reader of standard output holds up the link and takes nothing for "
                  "so long")
      ->capture_default_str();
  sub->add_option("--ping", a->ping, "ping after so much silence")->capture_default_str();
  sub->add_flag("--json", a->json, "print events and messages as JSON lines, binary as base64");
  sub->add_flag("--trace", a->trace,
                "tell every event and frame on stderr; with a value, what the one of the program "
                "is: --trace=on");
  sub->add_flag("--reconnect", a->reconnect, "dial again when the link cannot be had or is lost");
  add_tls(*sub, a->tls);
  sub->add_option("--unix-socket", a->unix_socket, "connect to this path instead of the URL's host")
      ->check(socket_path);
  sub->callback([a, &c, &run] { run = [a, &c] { return connect_run(*a, c).run(); }; });
}

}  // namespace hawser::cli
