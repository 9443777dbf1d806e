// The adapter of docs/adapter.md: a made-up protocol of words.
#pragma once

#include <hawser/adapter.hpp>
#include <hawser/caller.hpp>
#include <hawser/context.hpp>

#include <charconv>
#include <functional>
#include <string>

struct ticker : hawser::adapter<ticker, hawser::on::open, hawser::on::message,
                                hawser::on::heartbeat, hawser::on::subscription>,
                hawser::caller<ticker, std::string, std::string> {
  std::string name = "nobody";
  std::function<void(std::string_view topic, std::string_view news)> tell = [](std::string_view,
                                                                               std::string_view) {};

  void on_open(hawser::context& c, const hawser::open_info&) {
    c.begin_login();
    (void)c.send("login " + name, hawser::lane::control);
  }

  hawser::result<hawser::send_id> on_call(hawser::context& c, hawser::call_id id,
                                          const std::string& question) {
    return c.send("ask " + std::to_string(id) + " " + question);
  }

  hawser::verdict on_heartbeat(hawser::context& c, const hawser::heartbeat_info& h) {
    (void)c.send("beat " + std::to_string(h.count), hawser::lane::control);
    return hawser::handled;
  }

  void on_subscription(hawser::context& c, const hawser::subscription_event& e) {
    using kind = hawser::subscription_event::kind;
    if (e.what == kind::subscribe) (void)c.send("follow " + std::string(e.topic));
    if (e.what == kind::unsubscribe) (void)c.send("leave " + std::string(e.topic));
  }

  hawser::verdict on_message(hawser::context& c, const hawser::inbound& m) {
    using kind = hawser::subscription_event::kind;
    std::string_view rest = m.text();
    const std::string_view word = take_word(rest);
    if (word == "welcome") {
      c.set_ready();
    } else if (word == "answer" || word == "error") {
      hawser::call_id id = 0;
      const std::string_view digits = take_word(rest);
      std::from_chars(digits.data(), digits.data() + digits.size(), id);
      if (word == "answer") {
        reply(c, id, std::string(rest));
      } else {
        refuse(c, id, hawser::errc::bad_event);
      }
    } else if (word == "following") {
      c.subscription(rest, kind::confirmed);
    } else if (word == "unknown") {
      c.subscription(rest, kind::failed);
    } else if (word == "news") {
      const std::string_view topic = take_word(rest);
      tell(topic, rest);
    } else if (word != "beat") {
      c.close(hawser::close_code::protocol_error, "not a word of ours");
    }
    return hawser::handled;
  }

 private:
  static std::string_view take_word(std::string_view& text) {
    const std::string_view word = text.substr(0, text.find(' '));
    text.remove_prefix(std::min(text.size(), word.size() + 1));
    return word;
  }
};
