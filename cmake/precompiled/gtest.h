// gtest.h: what every test may use without including it (cmake/precompiled.cmake).
#pragma once

#include <string>
#include <vector>

#include <gmock/gmock.h>
#include <gtest/gtest.h>
