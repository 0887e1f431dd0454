// The main of test programs that use a SoftToken.
#include <gmock/gmock.h>

#include "tests/support/fault_module.h"
#include "tests/support/unprivileged.h"

int main(int argc, char** argv) {
  ::testing::InitGoogleMock(&argc, argv);
  certbroker::FaultModule::Preload();
  certbroker::BecomeUnprivileged();
  return RUN_ALL_TESTS();
}
