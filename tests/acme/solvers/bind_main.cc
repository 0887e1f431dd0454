// The main of test programs that use BIND.
#include <gmock/gmock.h>

#include "tests/acme/solvers/bind_server.h"
#include "tests/support/unprivileged.h"

int main(int argc, char** argv) {
  ::testing::InitGoogleMock(&argc, argv);
  const certbroker::acme::BindPrograms programs;
  certbroker::BecomeUnprivileged();
  return RUN_ALL_TESTS();
}
