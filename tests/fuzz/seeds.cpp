// Seeds of the text and tensor targets; those of images are in seeds_images.cpp, those of models in
// seeds_models.cpp.
#include "seeds.hpp"

#include <boost/filesystem.hpp>

#include "isoscan/core/files.hpp"
#include "isoscan/core/npy.hpp"
#include "isoscan/core/tensor_file.hpp"

namespace isoscan::fuzz {

namespace {

std::vector<Seed> tensor_seeds() {
  std::vector<Seed> seeds;
  core::TensorFile file;
  file.metadata = {{"kind", "a table"}, {"format_version", "1"}};
  file.tensors["rows"] = core::Tensor::of({2, 3}, std::vector<float>{1, 2, 3, 4, 5, 6});
  file.tensors["names/0001"] = core::Tensor::of({2}, std::vector<double>{1.5, -2.5});
  core::Tensor whole;
  whole.dtype = core::DType::I64;
  whole.shape = {1, 1, 2};
  whole.bytes.assign(16, 1);
  file.tensors["whole"] = whole;
  file.tensors["empty"] = core::Tensor::of({0, 4}, std::vector<float>{});
  seeds.push_back({"plain", core::to_safetensors(file)});
  core::seal(file);
  seeds.push_back({"sealed", core::to_safetensors(file)});
  seeds.push_back({"npy", core::to_npy(file.tensors["rows"])});
  std::string fortran = core::to_npy(file.tensors["rows"]);
  fortran.replace(fortran.find("False"), 5, "True ");
  seeds.push_back({"npy-fortran", fortran});
  return seeds;
}

std::vector<Seed> table_seeds() {
  return {
      {"plain",
       "path\tsubject\tsession\tsite\tmask\trun\tage\na.nii\tsub-01\tses-1\tNorth\tmask.nii\t1\t40\n"
       "sub/b.nii\t02\tn/a\tNorth\tn/a\tn/a\tn/a\n"},
      {"sites",
       "site\tsubject\tpath\tstation_hash\nNorth\tsub-01\tn/a\tn/a\nSouth\tn/a\tsub/\t0123456789abcdef\n"},
      {"windows", "\xEF\xBB\xBFparticipant_id\tpath\r\n01\ta.nii\r\n"},
      {"nowhere", "path\n../../a.nii\n/a.nii\nsub\nno such.nii\n"}};
}

std::vector<Seed> sidecar_seeds() {
  return {{"siemens",
           R"({"Modality": "MR", "Manufacturer": "SIEMENS", "ManufacturersModelName": "MAGNETOM Prisma",
 "SoftwareVersions": "E11", "StationName": "MR1", "DeviceSerialNumber": "123", "ScanningSequence": "GR\\IR",
 "ImageType": ["ORIGINAL", "PRIMARY", "M"], "MagneticFieldStrength": 2.89, "RepetitionTime": 2.3, "EchoTime": 0.00298,
 "InversionTime": 0.9, "FlipAngle": 9, "SliceThickness": 1, "StationHash": "0123456789abcdef"})"}};
}

}  // namespace

std::vector<Seed> json_seeds() {
  std::vector<Seed> seeds{{"deep", "[[[[{\"a\": [1, -2.5e3, true, null, \"\\u00e9\\ud83d\\ude00\"]}]]]]"}};
  const boost::filesystem::path folder(ISOSCAN_SOURCE_DIR "/data_schemas/examples");
  for (const char* kind : {"valid", "invalid"}) {
    for (const auto& entry : boost::filesystem::directory_iterator(folder / kind)) {
      if (entry.path().extension() == ".json")
        seeds.push_back({entry.path().stem().string(), core::read_file(entry.path())});
    }
  }
  return seeds;
}

std::vector<Seed> seeds(std::string_view target) {
  if (target == "nifti") return nifti_seeds();
  if (target == "dicom") return dicom_seeds();
  if (target == "derived" || target == "dicom_series") return dicom_series_seeds();
  if (target == "record") return record_seeds();
  if (target == "tensors") return tensor_seeds();
  if (target == "model") return model_seeds();
  if (target == "json") return json_seeds();
  if (target == "table") return table_seeds();
  if (target == "sidecar") return sidecar_seeds();
  return {};
}

}  // namespace isoscan::fuzz
