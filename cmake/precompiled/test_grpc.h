// test_grpc.h: grpc.h for tests (cmake/precompiled.cmake).
#pragma once

#include "grpc.h"
#include "gtest.h"
