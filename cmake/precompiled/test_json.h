// test_json.h: json.h for tests (cmake/precompiled.cmake).
#pragma once

#include "gtest.h"
#include "json.h"
