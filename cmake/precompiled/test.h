// test.h: base.h for tests (cmake/precompiled.cmake).
#pragma once

#include "base.h"
#include "gtest.h"
