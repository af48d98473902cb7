#include "isoscan/core/error.hpp"

#include <new>
#include <string_view>
#include <system_error>

#include <boost/filesystem/exception.hpp>

namespace isoscan::core {

std::string_view name(ErrorKind kind) {
  switch (kind) {
    case ErrorKind::Config:
      return "config";
    case ErrorKind::Input:
      return "input";
    case ErrorKind::Io:
      return "io";
    case ErrorKind::Geometry:
      return "geometry";
    case ErrorKind::Numeric:
      return "numeric";
    case ErrorKind::Resource:
      return "resource";
    case ErrorKind::Cancelled:
      return "cancelled";
    case ErrorKind::Internal:
      break;
  }
  return "internal";
}

int exit_status(ErrorKind kind) {
  switch (kind) {
    case ErrorKind::Config:
      return 2;
    case ErrorKind::Input:
    case ErrorKind::Geometry:
      return 3;
    case ErrorKind::Io:
      return 4;
    case ErrorKind::Resource:
      return 5;
    case ErrorKind::Numeric:
      return 6;
    case ErrorKind::Cancelled:
      return 130;
    case ErrorKind::Internal:
      break;
  }
  return 1;
}

namespace {

/// LibTorch throws its own kind where no memory is left, and says so in words only.
bool tells_of_memory(std::string_view words) {
  return words.find("DefaultCPUAllocator") != std::string_view::npos ||
         words.find("allocate memory") != std::string_view::npos;
}

}  // namespace

Error current_error() {
  try {
    throw;
  } catch (const Error& error) {
    return error;
  } catch (const std::bad_alloc&) {
    return {ErrorKind::Resource, "out of memory"};
  } catch (const boost::filesystem::filesystem_error& error) {
    return {ErrorKind::Io, error.path1().string() + ": " + error.code().message()};
  } catch (const std::system_error& error) {  // a thread that cannot start
    const bool exhausted = error.code() == std::errc::resource_unavailable_try_again ||
                           error.code() == std::errc::not_enough_memory;
    return {exhausted ? ErrorKind::Resource : ErrorKind::Internal, error.what()};
  } catch (const std::exception& error) {
    if (tells_of_memory(error.what())) return {ErrorKind::Resource, "out of memory"};
    return {ErrorKind::Internal, error.what()};
  } catch (...) {
    return {ErrorKind::Internal, "an exception of unknown type"};
  }
}

}  // namespace isoscan::core
