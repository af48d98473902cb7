#include "jpeg2000.hpp"

#include <cstring>
#include <mutex>

#include <gdcmTrace.h>
#include <itkGDCMImageIO.h>

#include "isoscan/core/error.hpp"

namespace isoscan::io {

using core::Error;
using core::ErrorKind;

namespace {

template <typename T>
std::vector<double> as_double(const std::vector<char>& bytes, std::size_t count) {
  std::vector<double> values(count);
  for (std::size_t v = 0; v < count; ++v) {
    T value;
    std::memcpy(&value, bytes.data() + v * sizeof(T), sizeof(T));
    values[v] = static_cast<double>(value);
  }
  return values;
}

}  // namespace

std::vector<double> read_jpeg2000(const boost::filesystem::path& file, std::size_t pixels) {
  try {
    static std::once_flag once;
    std::call_once(once, [] {
      itk::Object::SetGlobalWarningDisplay(false);
      gdcm::Trace::WarningOff();
      gdcm::Trace::ErrorOff();
    });
    const auto gdcm = itk::GDCMImageIO::New();
    gdcm->SetFileName(file.string());
    gdcm->ReadImageInformation();
    if (gdcm->GetImageSizeInPixels() != static_cast<itk::ImageIOBase::SizeType>(pixels) ||
        gdcm->GetNumberOfComponents() != 1) {
      throw Error(ErrorKind::Input,
                  file.string() + ": has another size in its JPEG 2000 stream than in its header");
    }
    std::vector<char> bytes(static_cast<std::size_t>(gdcm->GetImageSizeInBytes()));
    gdcm->Read(bytes.data());
    switch (gdcm->GetComponentType()) {
      case itk::ImageIOBase::UCHAR:
        return as_double<unsigned char>(bytes, pixels);
      case itk::ImageIOBase::CHAR:
        return as_double<signed char>(bytes, pixels);
      case itk::ImageIOBase::USHORT:
        return as_double<unsigned short>(bytes, pixels);
      case itk::ImageIOBase::SHORT:
        return as_double<short>(bytes, pixels);
      case itk::ImageIOBase::UINT:
        return as_double<unsigned int>(bytes, pixels);
      case itk::ImageIOBase::INT:
        return as_double<int>(bytes, pixels);
      case itk::ImageIOBase::FLOAT:
        return as_double<float>(bytes, pixels);
      case itk::ImageIOBase::DOUBLE:
        return as_double<double>(bytes, pixels);
      default:
        throw Error(ErrorKind::Input, file.string() + ": has a voxel type that cannot be read");
    }
  } catch (const Error&) {
    throw;
  } catch (const itk::ExceptionObject& foreign) {
    throw Error(ErrorKind::Input, file.string() + ": cannot be decoded as JPEG 2000 (" +
                                      std::string(foreign.GetDescription()).substr(0, 120) + ")");
  } catch (const std::exception& foreign) {
    throw Error(ErrorKind::Input,
                file.string() + ": cannot be decoded as JPEG 2000 (" + foreign.what() + ")");
  }
}

}  // namespace isoscan::io
