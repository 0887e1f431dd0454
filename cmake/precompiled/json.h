// json.h: base.h for files that handle JSON (cmake/precompiled.cmake).
#pragma once

#include <nlohmann/json.hpp>

#include "base.h"
