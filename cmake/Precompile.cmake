# Headers that most sources include, parsed once for all targets of the same options. No source leans on them: the header
# sets and scripts/tidy compile without. scripts/build leaves them out where ccache is, which does better without.
option(ISOSCAN_PRECOMPILE "Precompile the standard headers" ON)

set(isoscan_standard_headers <algorithm> <array> <chrono> <cmath> <cstdint> <functional> <iostream> <map> <memory> <numeric>
  <optional> <set> <span> <sstream> <stdexcept> <stop_token> <string> <string_view> <thread> <utility> <variant>
  <vector> <boost/filesystem.hpp>)

# isoscan_precompile(target plain|quick|test|torch): torch is for targets that compile with LibTorch's definitions.
function(isoscan_precompile target kind)
  if(NOT ISOSCAN_PRECOMPILE)
    return()
  endif()
  set(owner isoscan_precompiled_${kind})
  if(NOT TARGET ${owner})
    add_library(${owner} OBJECT ${PROJECT_SOURCE_DIR}/cmake/precompiled.cpp)
    isoscan_compile_options(${owner})
    target_link_libraries(${owner} PRIVATE Boost::filesystem Threads::Threads)
    set(headers ${isoscan_standard_headers})
    if(kind STREQUAL "quick" OR kind STREQUAL "test")
      isoscan_compile_quickly(${owner})
    endif()
    if(kind STREQUAL "test")
      target_link_libraries(${owner} PRIVATE GTest::gmock)
      list(APPEND headers <gmock/gmock.h> <gtest/gtest.h>)
    elseif(kind STREQUAL "torch")
      # Not its headers: reading them back, 740 MB, takes longer than parsing those that a source needs.
      target_link_libraries(${owner} PRIVATE isoscan_torch)
    endif()
    target_precompile_headers(${owner} PRIVATE ${headers})
  endif()
  target_precompile_headers(${target} REUSE_FROM ${owner})
  if(CMAKE_CXX_COMPILER_ID STREQUAL "GNU")
    # What g++ has precompiled no longer counts as a system header to these, and they warn falsely of it.
    target_compile_options(${target} PRIVATE -Wno-stringop-overflow -Wno-stringop-overread -Wno-array-bounds)
  endif()
endfunction()
