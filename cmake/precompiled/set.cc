// set.cc: gives a set of precompiled headers something to compile (cmake/precompiled.cmake).
