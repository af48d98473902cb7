# Every find_package of the project. Foreign headers count as system headers, so our warnings stay ours.

find_package(Threads REQUIRED)
find_package(Boost 1.74 REQUIRED COMPONENTS filesystem)
find_package(OpenSSL 3 REQUIRED COMPONENTS Crypto)
find_package(nlohmann_json 3.11 REQUIRED)
find_package(Torch REQUIRED)

# One name for LibTorch, without the compiler flags that its package forces on every target.
add_library(isoscan_torch INTERFACE)
target_include_directories(isoscan_torch SYSTEM INTERFACE ${TORCH_INCLUDE_DIRS})
target_link_libraries(isoscan_torch INTERFACE ${TORCH_LIBRARIES})

if(NOT ISOSCAN_TRANSPORT_ONLY)
  find_package(ITK 5.2 REQUIRED COMPONENTS
    ITKCommon ITKIONIFTI ITKIOGDCM ITKBiasCorrection ITKImageGrid ITKImageFunction ITKThresholding
    ITKBinaryMathematicalMorphology ITKMathematicalMorphology ITKLabelMap ITKConnectedComponents
    ITKDistanceMap ITKSmoothing ITKImageStatistics ITKImageFeature ITKZLIB)
  add_library(isoscan_itk INTERFACE)
  target_include_directories(isoscan_itk SYSTEM INTERFACE ${ITK_INCLUDE_DIRS})
  target_link_libraries(isoscan_itk INTERFACE ${ITK_LIBRARIES})

  # Comes with ITK. Its JPEG 2000 codec is what DCMTK lacks.
  find_package(GDCM REQUIRED)
  add_library(isoscan_gdcm INTERFACE)
  target_include_directories(isoscan_gdcm SYSTEM INTERFACE ${GDCM_INCLUDE_DIRS})
  target_link_libraries(isoscan_gdcm INTERFACE gdcmMSFF gdcmDSED gdcmCommon)

  find_package(DCMTK 3.6.7 REQUIRED)
  add_library(isoscan_dcmtk INTERFACE)
  target_include_directories(isoscan_dcmtk SYSTEM INTERFACE ${DCMTK_INCLUDE_DIRS})
  target_link_libraries(isoscan_dcmtk INTERFACE ${DCMTK_LIBRARIES})
  # GDCM brings libcharls, whose JpegLsReadHeader has the name but not the arguments of the one that DCMTK's JPEG-LS
  # calls. The loader takes the first that it meets: DCMTK's own, as a direct need of every program.
  target_link_options(isoscan_dcmtk INTERFACE "SHELL:-Wl,--push-state,--no-as-needed -ldcmtkcharls -Wl,--pop-state")

  find_package(ZLIB REQUIRED)
  find_package(PNG 1.6.22 REQUIRED)  # png_image_write_to_memory
  find_package(CLI11 2.1 REQUIRED)
  find_package(valijson QUIET)
  if(NOT valijson_FOUND)
    find_path(VALIJSON_INCLUDE_DIR valijson/validator.hpp REQUIRED)
  endif()
  # The library is compiled: the header alone would build the whole server in one of our sources.
  find_path(HTTPLIB_INCLUDE_DIR httplib.h REQUIRED)
  find_library(HTTPLIB_LIBRARY cpp-httplib REQUIRED)
  add_library(isoscan_httplib INTERFACE)
  target_include_directories(isoscan_httplib SYSTEM INTERFACE ${HTTPLIB_INCLUDE_DIR})
  # As Debian compiled it (cpp-httplib.pc): its classes have other members without these.
  target_compile_definitions(isoscan_httplib INTERFACE CPPHTTPLIB_OPENSSL_SUPPORT CPPHTTPLIB_ZLIB_SUPPORT
    CPPHTTPLIB_BROTLI_SUPPORT)
  target_link_libraries(isoscan_httplib INTERFACE ${HTTPLIB_LIBRARY} Threads::Threads)
  find_path(MUSTACHE_INCLUDE_DIR NAMES kainjow/mustache.hpp mustache.hpp REQUIRED)
endif()

if(ISOSCAN_TESTS OR ISOSCAN_FUZZ)
  find_package(GTest 1.12 REQUIRED)
  include(GoogleTest)
endif()
if(ISOSCAN_BENCHMARKS)
  find_package(benchmark 1.7 REQUIRED)
endif()
