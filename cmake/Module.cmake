# The one call of each module, stage folder and test folder.

function(isoscan_compile_options target)
  if(ISOSCAN_FUZZ)
    # clang, for the fuzzers alone: warnings are g++'s business. float-cast-overflow is not part of clang's "undefined".
    target_compile_options(${target} PRIVATE -w -ffp-contract=off -fno-omit-frame-pointer
      -fsanitize=fuzzer-no-link,address,undefined,float-cast-overflow -fno-sanitize-recover=undefined,float-cast-overflow)
    target_link_options(${target} PUBLIC -fsanitize=address,undefined)
    return()
  endif()
  target_compile_options(${target} PRIVATE
    -Wall -Wextra -Wpedantic -Wshadow -Wnon-virtual-dtor -Woverloaded-virtual -Werror
    -Wno-restrict  # gcc 12 warns falsely on std::string + (GCC bug 105651)
    # Same bits from every compiler's optimiser: no fused multiply-add behind our back.
    -ffp-contract=off)
  if(ISOSCAN_SANITIZE)
    target_compile_options(${target} PRIVATE -fsanitize=address,undefined -fno-omit-frame-pointer -fno-sanitize-recover=undefined
      # The instrumentation makes gcc 12 warn falsely here (GCC bug 105562); the release build keeps the warnings.
      -Wno-maybe-uninitialized -Wno-stringop-overflow -Wno-array-bounds)
    target_link_options(${target} PUBLIC -fsanitize=address,undefined)
  endif()
  if(CMAKE_BUILD_TYPE STREQUAL "Debug")
    target_compile_definitions(${target} PRIVATE _GLIBCXX_ASSERTIONS)
  endif()
endfunction()

# isoscan_module(io LINK core PRIVATE isoscan_itk isoscan_dcmtk)
#   library isoscan_io from src/*.cpp; public headers are include/isoscan/io/*.hpp, and no other module sees src/.
#   LINK: modules that its headers may include; PRIVATE: foreign libraries (and modules) that only src/ uses.
#   INNER <folder>: headers in this folder of include/ belong to an interface target of their own (isoscan_inner_headers).
#   QUICK: no time is spent in it (isoscan_compile_quickly). TORCH: it compiles with LibTorch's definitions.
function(isoscan_module name)
  cmake_parse_arguments(arg "QUICK;TORCH" "INNER" "LINK;PUBLIC;PRIVATE" ${ARGN})
  set(target isoscan_${name})
  file(GLOB_RECURSE sources CONFIGURE_DEPENDS src/*.cpp)
  file(GLOB_RECURSE headers CONFIGURE_DEPENDS include/*.hpp)
  if(arg_INNER)
    list(FILTER headers EXCLUDE REGEX "/include/${arg_INNER}/")
  endif()
  if(NOT sources)
    message(WARNING "module ${name} has no sources yet")
    return()
  endif()
  add_library(${target} STATIC ${sources})
  target_sources(${target} PUBLIC FILE_SET HEADERS BASE_DIRS include FILES ${headers})
  isoscan_compile_options(${target})
  list(TRANSFORM arg_LINK PREPEND isoscan_)
  target_link_libraries(${target} PUBLIC ${arg_LINK} ${arg_PUBLIC} PRIVATE ${arg_PRIVATE})
  if(arg_QUICK)
    isoscan_compile_quickly(${target})
    isoscan_precompile(${target} quick)
  elseif(arg_TORCH)
    isoscan_precompile(${target} torch)
  else()
    isoscan_precompile(${target} plain)
  endif()
endfunction()

# isoscan_inner_headers(transport isoscan/transport/nn isoscan_torch)
#   interface target isoscan_<module>_<folder's name> for public headers that want more libraries than the rest of the
#   module's; who includes them links it, and they are verified with these libraries.
function(isoscan_inner_headers module folder)
  get_filename_component(leaf ${folder} NAME)
  set(target isoscan_${module}_${leaf})
  file(GLOB headers CONFIGURE_DEPENDS include/${folder}/*.hpp)
  add_library(${target} INTERFACE)
  target_sources(${target} INTERFACE FILE_SET HEADERS BASE_DIRS include FILES ${headers})
  target_link_libraries(${target} INTERFACE isoscan_${module} ${ARGN})
endfunction()

# For sources in which no time is spent: they compile in two thirds of the time.
function(isoscan_compile_quickly target)
  target_compile_options(${target} PRIVATE $<$<CONFIG:Release>:-O1>)
endfunction()

# isoscan_test(io LINK io config [TORCH] [WHOLE [SHARDS n]])
#   one program isoscan_io_test from *_test.cpp in this folder. WHOLE: one CTest entry for the program
#   (torch takes 0.4 s to load, too long for once a case). SHARDS: so many entries, each with a part of the cases, so
#   that a long program keeps all cores busy.
function(isoscan_test name)
  cmake_parse_arguments(arg "WHOLE;TORCH" "TIMEOUT;SHARDS" "LINK;PRIVATE;DEFINITIONS" ${ARGN})
  set(target isoscan_${name}_test)
  file(GLOB sources CONFIGURE_DEPENDS *_test.cpp)
  if(NOT sources)
    # A test that silently is none would pass for ever.
    message(FATAL_ERROR "isoscan_test(${name}): ${CMAKE_CURRENT_SOURCE_DIR} holds no *_test.cpp")
  endif()
  add_executable(${target} ${sources})
  isoscan_compile_options(${target})
  isoscan_compile_quickly(${target})
  list(TRANSFORM arg_LINK PREPEND isoscan_)
  target_link_libraries(${target} PRIVATE ${arg_LINK} ${arg_PRIVATE} isoscan_test_support GTest::gmock GTest::gtest_main)
  target_compile_definitions(${target} PRIVATE ISOSCAN_SOURCE_DIR="${PROJECT_SOURCE_DIR}" ${arg_DEFINITIONS})
  if(NOT arg_TORCH)
    isoscan_precompile(${target} test)
  endif()
  if(NOT arg_TIMEOUT)
    set(arg_TIMEOUT 900)
  endif()
  if(arg_SHARDS)
    foreach(shard RANGE 1 ${arg_SHARDS})
      math(EXPR index "${shard} - 1")
      add_test(NAME ${name}.${shard} COMMAND ${target})
      # COST: the longest begin first.
      set_tests_properties(${name}.${shard} PROPERTIES TIMEOUT ${arg_TIMEOUT} COST 1000
        ENVIRONMENT "GTEST_TOTAL_SHARDS=${arg_SHARDS};GTEST_SHARD_INDEX=${index}")
    endforeach()
  elseif(arg_WHOLE)
    add_test(NAME ${name} COMMAND ${target})
    set_tests_properties(${name} PROPERTIES TIMEOUT ${arg_TIMEOUT})
  else()
    gtest_discover_tests(${target} TEST_PREFIX ${name}. DISCOVERY_TIMEOUT 60 PROPERTIES TIMEOUT ${arg_TIMEOUT})
  endif()
endfunction()
