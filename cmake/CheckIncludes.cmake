# The layer table of the house, as a test: cmake -DROOT=<source folder> -P CheckIncludes.cmake
# Each #include of modules/, pipeline/ and apps/ must be allowed here; a new module or library is one more line.
# This also catches libraries in the system's include folder, which the compiler finds whether they are linked or not.
cmake_minimum_required(VERSION 3.25)

# --- Which modules a module may include, beside itself. "*": all.
set(may_include_core "")
set(may_include_config core)
set(may_include_io core)
set(may_include_preprocess core)
set(may_include_phantom core)
set(may_include_transport core)
set(may_include_features core transport)
set(may_include_domain core preprocess transport phantom)
set(may_include_quality core preprocess)
set(may_include_harmonize core config features domain phantom preprocess quality transport)
set(may_include_report core config quality)
set(may_include_evaluate core config io preprocess phantom features domain harmonize quality transport report)
set(may_include_engine core config)
set(may_include_stages core config io preprocess phantom transport features domain quality harmonize report evaluate engine)
set(may_include_apps "*")

# --- Foreign headers: a prefix and the modules that may include it in src/. In public headers nothing is allowed but
# the standard library, boost/filesystem, and torch in include/isoscan/transport/nn/.
set(foreign
  "boost/=*"
  "nlohmann/=*"
  "valijson/=config"
  "openssl/=core"
  "itk=io"
  "gdcm=io"
  "torch/=transport,features,domain"
  "ATen/=transport,features,domain"
  "c10/=transport,features,domain"
  "dcmtk/=io"
  "nifti/=io"
  "zlib.h=io,report"
  "png.h=report"
  "kainjow/=report"
  "mustache.hpp=report"
  "CLI/=apps"
  "spdlog/=apps"
  "httplib.h=apps"
  # The compiler's own vector intrinsics
  "immintrin.h=transport" "emmintrin.h=transport" "arm_neon.h=transport"
  # POSIX and Linux
  "unistd.h=*" "fcntl.h=*" "poll.h=*" "time.h=*" "pthread.h=*" "dlfcn.h=apps,io,transport" "sys/=*" "linux/=*")

set(problems "")
macro(complain file text)
  string(APPEND problems "  ${file}: ${text}\n")
endmacro()

function(module_of file result)
  if(file MATCHES "^(modules|pipeline)/([a-z_]+)/")
    set(${result} "${CMAKE_MATCH_2}" PARENT_SCOPE)
  elseif(file MATCHES "^apps/")
    set(${result} apps PARENT_SCOPE)
  else()
    set(${result} "" PARENT_SCOPE)
  endif()
endfunction()

macro(check_ours file module included)
  string(REGEX REPLACE "^isoscan/([a-z_]+)/.*$" "\\1" other "${included}")
  if(NOT DEFINED may_include_${module})
    complain("${file}" "the module '${module}' is not in the table of cmake/CheckIncludes.cmake")
  elseif(NOT other STREQUAL module AND NOT other IN_LIST may_include_${module} AND NOT may_include_${module} STREQUAL "*")
    complain("${file}" "'${module}' may not include '${included}'; it may include: ${may_include_${module}}")
  endif()
endmacro()

macro(check_private file module included)
  # A file of the module's own src/ (or of the app's folder), beside the including one or from the top of src/.
  get_filename_component(folder "${ROOT}/${file}" DIRECTORY)
  string(REGEX REPLACE "^((modules|pipeline)/[a-z_]+)/.*$" "\\1/src" top "${file}")
  if("${file}" MATCHES "/include/")
    complain("${file}" "a public header may not include the private '${included}'")
  elseif("${included}" MATCHES "\\.\\./")
    complain("${file}" "'${included}' leaves its folder")
  elseif(NOT EXISTS "${folder}/${included}" AND NOT EXISTS "${ROOT}/${top}/${included}")
    complain("${file}" "'${included}' is no file of '${module}'")
  endif()
endmacro()

macro(check_foreign file module included)
  set(rule "")
  foreach(line IN LISTS foreign)
    string(REGEX MATCH "^([^=]+)=(.*)$" ignored "${line}")
    set(prefix "${CMAKE_MATCH_1}")
    set(owners "${CMAKE_MATCH_2}")
    string(FIND "${included}" "${prefix}" at)
    if(at EQUAL 0)
      set(rule "${prefix}")
      string(REPLACE "," ";" owners "${owners}")
      break()
    endif()
  endforeach()
  if(rule STREQUAL "")
    complain("${file}" "'${included}' is of no library in the table of cmake/CheckIncludes.cmake")
  elseif(NOT owners STREQUAL "*" AND NOT "${module}" IN_LIST owners)
    complain("${file}" "'${module}' may not include '${included}'; only these may: ${owners}")
  elseif("${file}" MATCHES "/include/" AND NOT "${included}" MATCHES "^boost/filesystem"
         AND NOT ("${file}" MATCHES "/isoscan/transport/nn/" AND rule MATCHES "^(torch/|ATen/|c10/)$"))
    complain("${file}" "a public header may not include the foreign '${included}'")
  endif()
  if(rule STREQUAL "itk")
    set(uses_itk_${module} "${file}")
  elseif(rule MATCHES "^(torch/|ATen/|c10/)$")
    set(uses_torch_${module} "${file}")
  endif()
endmacro()

if(NOT IS_DIRECTORY "${ROOT}/modules")
  message(FATAL_ERROR "ROOT must name the source folder, with modules/ in it; it is '${ROOT}'")
endif()
file(GLOB_RECURSE files RELATIVE "${ROOT}"
  "${ROOT}/modules/*.hpp" "${ROOT}/modules/*.cpp" "${ROOT}/pipeline/*.hpp" "${ROOT}/pipeline/*.cpp"
  "${ROOT}/apps/*.hpp" "${ROOT}/apps/*.cpp")
set(modules "")
set(count 0)
foreach(file IN LISTS files)
  module_of("${file}" module)
  list(APPEND modules "${module}")
  file(STRINGS "${ROOT}/${file}" lines REGEX "^[ \t]*#[ \t]*include")
  foreach(line IN LISTS lines)
    if(NOT line MATCHES "include[ \t]*[<\"]([^>\"]+)[>\"]")
      complain("${file}" "'${line}' cannot be checked")
      continue()
    endif()
    set(included "${CMAKE_MATCH_1}")
    math(EXPR count "${count} + 1")
    if(included MATCHES "^isoscan/")
      check_ours("${file}" "${module}" "${included}")
    elseif(included MATCHES "^[a-z_0-9]+$")
      # the standard library
    elseif(line MATCHES "\"" AND NOT included MATCHES "^dcmtk/")  # DCMTK wants its osconfig.h in quotes
      check_private("${file}" "${module}" "${included}")
    else()
      check_foreign("${file}" "${module}" "${included}")
    endif()
  endforeach()
endforeach()

list(REMOVE_DUPLICATES modules)
foreach(module IN LISTS modules)
  if(DEFINED uses_itk_${module} AND DEFINED uses_torch_${module})
    complain("${uses_itk_${module}}" "'${module}' uses ITK here and LibTorch in ${uses_torch_${module}}; they meet in the linker only")
  endif()
endforeach()

if(NOT problems STREQUAL "")
  message(FATAL_ERROR "Includes that the layer table does not allow:\n${problems}")
endif()
list(LENGTH files file_count)
if(file_count EQUAL 0)
  message(FATAL_ERROR "no source file found below ROOT=${ROOT}: give an absolute path")
endif()
message(STATUS "${count} includes of ${file_count} files are as the layer table allows")
