// Compiles the headers of cmake/Precompile.cmake.
