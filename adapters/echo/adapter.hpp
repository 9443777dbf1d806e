// Says hello, prints what comes back, closes.
#pragma once

#include <hawser/hawser.hpp>

#include <iostream>

struct echo : hawser::adapter<echo, hawser::on::open, hawser::on::message> {
  void on_open(hawser::context& c, const hawser::open_info&) { (void)c.send("hello"); }

  hawser::verdict on_message(hawser::context& c, const hawser::inbound& m) {
    std::cout << m.text() << std::endl;
    c.close();
    return hawser::handled;
  }
};
