// cli/orders_command.h: `certbroker orders list`, `show` and `cancel`.
#pragma once

#include <string>

#include <CLI/CLI.hpp>

#include "cli/paging.h"
#include "cli/service_link.h"

namespace certbroker::cli {

class OrdersCommand {
 public:
  // `app` parses into this object, so it must stay where it is.
  explicit OrdersCommand(CLI::App& app);
  OrdersCommand(const OrdersCommand&) = delete;
  OrdersCommand& operator=(const OrdersCommand&) = delete;

  bool given() const { return command_->parsed(); }
  // Prints; the program's exit code.
  int Run(const ServiceLink& link) const;

 private:
  int List(const ServiceLink& link) const;
  int ShowOne(const ServiceLink& link) const;
  int Cancel(const ServiceLink& link) const;

  CLI::App* command_;
  CLI::App* list_command_;
  CLI::App* show_command_;
  CLI::App* cancel_command_;
  std::string order_;
  std::string certificate_;
  bool unfinished_ = false;
  int limit_ = kDefaultLimit;
};

}  // namespace certbroker::cli
