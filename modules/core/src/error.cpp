#include "isoscan/core/error.hpp"

#include <new>

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

Error current_error() {
  try {
    throw;
  } catch (const Error& error) {
    return error;
  } catch (const std::bad_alloc&) {
    return {ErrorKind::Resource, "out of memory"};
  } catch (const boost::filesystem::filesystem_error& error) {
    return {ErrorKind::Io, error.path1().string() + ": " + error.code().message()};
  } catch (const std::exception& error) {
    return {ErrorKind::Internal, error.what()};
  } catch (...) {
    return {ErrorKind::Internal, "an exception of unknown type"};
  }
}

}  // namespace isoscan::core
