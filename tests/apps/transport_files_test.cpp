// What `isoscan transport` reads, and what it never does to files.
#include <cmath>

#include <sys/stat.h>

#include "isoscan/core/tensor_file.hpp"

#include "transport_command.hpp"

namespace isoscan {
namespace {

using core::Tensor;

/// A .npy file as numpy would write it, of any type and order.
std::string npy(const std::string& type, bool fortran, const std::string& shape, const std::string& data) {
  std::string header = "{'descr': '" + type + "', 'fortran_order': " + (fortran ? "True" : "False") +
                       ", 'shape': " + shape + ", }";
  header.resize(117, ' ');
  header += '\n';
  return std::string("\x93NUMPY\x01\x00", 8) + static_cast<char>(header.size()) + '\0' + header + data;
}

template <class Number>
std::string raw(const std::vector<Number>& values) {
  return {reinterpret_cast<const char*>(values.data()), values.size() * sizeof(Number)};
}

class TransportFiles : public TransportCommand {
 protected:
  void SetUp() override {
    TransportCommand::SetUp();
    ASSERT_EQ(fit("map.safetensors", "--method gaussian").status, 0);
  }
  [[nodiscard]] Finished apply(const std::string& rows, const std::string& out, const std::string& more = "",
                               const std::string& map = "map.safetensors") const {
    return isoscan_program("transport apply --map " + at(map) + " --rows " + at(rows) + " --out " + at(out) +
                           " " + more);
  }
  [[nodiscard]] std::string moved(const std::string& rows) const {
    const Finished run = apply(rows, "moved.npy", "--overwrite");
    EXPECT_EQ(run.status, 0) << run.output;
    return bytes("moved.npy");
  }
  void refuse(const Finished& run, int status, const std::string& words) const {
    EXPECT_EQ(run.status, status) << run.output;
    EXPECT_TRUE(has(run.output, words)) << "wanted: " << words << "\n" << run.output;
  }
};

TEST_F(TransportFiles, EveryTypeAndOrderOfNumbersIsTheSameTable) {
  write("c.npy", {1, 10, 2, 20, 3, 30}, 2);
  const std::string expected = moved("c.npy");
  const auto same = [&](const std::string& name, const std::string& content) {
    core::write_file(folder_ / name, content);
    EXPECT_EQ(moved(name), expected) << name;
  };
  same("fortran.npy", npy("<f4", true, "(3, 2)", raw<float>({1, 2, 3, 10, 20, 30})));
  same("double.npy", npy("<f8", false, "(3, 2)", raw<double>({1, 10, 2, 20, 3, 30})));
  same("fortran_double.npy", npy("<f8", true, "(3, 2)", raw<double>({1, 2, 3, 10, 20, 30})));
  same("int.npy", npy("<i8", false, "(3, 2)", raw<std::int64_t>({1, 10, 2, 20, 3, 30})));
  same("byte.npy", npy("|u1", false, "(3, 2)", raw<std::uint8_t>({1, 10, 2, 20, 3, 30})));
  for (const std::string type : {">f4", "<i4", "<f2", "<c8"}) {
    core::write_file(folder_ / "other.npy", npy(type, false, "(3, 2)", std::string(24, '\0')));
    const Finished run = apply("other.npy", "none.npy");
    refuse(run, 3, "other.npy");
    refuse(run, 3, "type '" + type + "'");
    refuse(run, 3, ".astype('float32')");
  }
  core::write_file(folder_ / "cube.npy", npy("<f4", false, "(3, 1, 2)", std::string(24, '\0')));
  refuse(apply("cube.npy", "none.npy"), 3, "array.reshape(rows, columns)");
  core::write_file(folder_ / "cut.npy", npy("<f4", false, "(3, 2)", std::string(20, '\0')));
  refuse(apply("cut.npy", "none.npy"), 3, "needs 24 bytes, there are 20");
  EXPECT_FALSE(fs::exists(folder_ / "none.npy"));
}

TEST_F(TransportFiles, OneDimensionIsOneColumn) {
  std::vector<float> x;
  std::vector<float> y;
  for (int i = 0; i < 400; ++i) {
    x.push_back(static_cast<float>(i % 20));
    y.push_back(100.0F + 2.0F * static_cast<float>((7 * i) % 20));
  }
  core::write_npy(folder_ / "x1.npy", Tensor::of({400}, x));
  core::write_npy(folder_ / "y1.npy", Tensor::of({400}, y));
  const Finished run =
      isoscan_program("transport fit --source " + at("x1.npy") + " --target " + at("y1.npy") +
                      " --method columns --held-out 0 --out " + at("line.safetensors"));
  ASSERT_EQ(run.status, 0) << run.output;
  EXPECT_TRUE(has(run.output, "1 columns")) << run.output;
  ASSERT_EQ(apply("x1.npy", "line.npy", "", "line.safetensors").status, 0);
  const Tensor line = core::read_npy(folder_ / "line.npy");
  EXPECT_EQ(line.shape, (std::vector<std::int64_t>{400, 1}));
  for (std::size_t i = 0; i < x.size(); ++i) EXPECT_NEAR(line.floats()[i], 100.0F + 2.0F * x[i], 0.5F);
  refuse(apply("x1.npy", "none.npy"), 3, "x1.npy has 1 columns, " + at("map.safetensors") + " has 2");
}

TEST_F(TransportFiles, ATensorOfSeveralIsNamed) {
  core::TensorFile several;
  several.tensors["a"] = core::read_npy(folder_ / "x.npy");
  several.tensors["b"] = core::read_npy(folder_ / "y.npy");
  several.tensors["w"] = Tensor::of({kRows}, std::vector<float>(kRows, 2.0F));
  core::write_tensor_file(folder_ / "all.safetensors", several);
  const std::string all = at("all.safetensors");
  const Finished run =
      isoscan_program("transport fit --source " + all + ":a --target " + all + ":b --source-weights " + all +
                      ":w --method gaussian --out " + at("named.safetensors"));
  ASSERT_EQ(run.status, 0) << run.output;
  const Finished none = isoscan_program("transport fit --source " + all + ":c --target " + all + ":b --out " +
                                        at("none.safetensors"));
  refuse(none, 3, "all.safetensors");
  refuse(none, 3, "c");
  refuse(isoscan_program("transport fit --source " + all + " --target " + all + ":b --out " +
                         at("none.safetensors")),
         3, "name one as FILE.safetensors:NAME: a, b, w");
  EXPECT_FALSE(fs::exists(folder_ / "none.safetensors"));
}

TEST_F(TransportFiles, TheRowThatIsNotFiniteIsNamed) {
  std::vector<double> values(20, 1.0);
  values[11] = INFINITY;
  core::write_file(folder_ / "inf.npy", npy("<f8", false, "(10, 2)", raw(values)));
  refuse(apply("inf.npy", "none.npy"), 3, "inf.npy: row 5, column 1");
  values[11] = 1e300;  // finite, but beyond float32
  core::write_file(folder_ / "huge.npy", npy("<f8", false, "(10, 2)", raw(values)));
  refuse(apply("huge.npy", "none.npy"), 3, "huge.npy: row 5, column 1");
  write("nan.npy", {1, 2, NAN, 4}, 2);
  refuse(isoscan_program("transport score --map " + at("map.safetensors") + " --source " + at("x.npy") +
                         " --target " + at("nan.npy")),
         3, "nan.npy: row 1, column 0");
  std::vector<float> weights(kRows, 1.0F);
  weights[3] = -1.0F;
  write("w.npy", weights, 1);
  refuse(fit("none.safetensors", "--source-weights " + at("w.npy")), 3, "w.npy");
  write("wide.npy", std::vector<float>(2 * kRows, 1.0F), 2);
  refuse(fit("none.safetensors", "--source-weights " + at("wide.npy")), 3,
         "wide.npy: weights are one column, this has 2 of them");
  write("zero.npy", std::vector<float>(kRows, 0.0F), 1);
  refuse(fit("none.safetensors", "--target-weights " + at("zero.npy")), 3, "zero.npy");
  core::write_file(folder_ / "nothing.npy", "");
  refuse(apply("nothing.npy", "none.npy"), 3, "nothing.npy");
  core::write_file(folder_ / "nothing.safetensors", "");
  refuse(apply("nothing.safetensors", "none.npy"), 3, "nothing.safetensors");
}

TEST_F(TransportFiles, AMapThatIsNoneIsNamed) {
  core::TensorFile plain;
  plain.tensors["rows"] = core::read_npy(folder_ / "x.npy");
  core::write_tensor_file(folder_ / "plain.safetensors", plain);
  refuse(apply("x.npy", "none.npy", "", "plain.safetensors"), 3, "plain.safetensors: is no map");
  ASSERT_EQ(apply("x.npy", "rows.safetensors").status, 0);
  refuse(apply("x.npy", "none.npy", "", "rows.safetensors"), 3, "rows.safetensors: is no map");
  refuse(apply("x.npy", "none.npy", "", "missing.safetensors"), 4, "missing.safetensors");
}

// Before a fit of a million steps begins: a test that waited for it would not end.
TEST_F(TransportFiles, WhereNothingCanBeWrittenIsSaidBeforeTheWork) {
  const std::string steps = "--steps 1000000 ";
  refuse(fit("nowhere/map.safetensors", steps), 4, "there is no folder " + at("nowhere"));
  EXPECT_FALSE(fs::exists(folder_ / "nowhere"));
  refuse(fit("x.npy/map.safetensors", steps), 4, "there is no folder " + at("x.npy"));
  fs::create_directory(folder_ / "folder.safetensors");
  refuse(fit("folder.safetensors", steps), 2, "is a folder");
  refuse(isoscan_program("transport fit" + pair() + " --out /proc/map.safetensors " + steps), 4,
         "nothing can be written in /proc");
  refuse(fit("m.safetensors", steps + "--picture " + at("nowhere/m.svg")), 4, "--picture");
  refuse(fit("m.safetensors", steps + "--checkpoint " + at("nowhere/c.safetensors")), 4, "--checkpoint");
  refuse(fit("m.safetensors", steps + "--checkpoint " + at("m.safetensors")), 2, "is the file of --out too");
  refuse(fit("m.safetensors", steps + "--inverse " + at("m.safetensors") + " --potential-side source"), 2,
         "is the file of --out too");
  EXPECT_FALSE(fs::exists(folder_ / "m.safetensors"));
}

TEST_F(TransportFiles, OnlyItsOwnFilesAreReplacedUnlessTold) {
  // Its own: a map by a map, a picture by a picture, moved rows by moved rows.
  const std::string picture = " --picture " + at("map.svg");
  ASSERT_EQ(fit("map.safetensors", "--method gaussian" + picture).status, 0);
  ASSERT_EQ(fit("map.safetensors", "--method columns" + picture).status, 0);
  ASSERT_EQ(apply("x.npy", "moved.safetensors").status, 0);
  ASSERT_EQ(apply("y.npy", "moved.safetensors").status, 0);
  // Others'.
  core::TensorFile model;
  model.tensors["weights"] = core::read_npy(folder_ / "x.npy");
  core::write_tensor_file(folder_ / "model.safetensors", model);
  core::write_file(folder_ / "drawing.svg", "<svg/>");
  const std::string before = bytes("model.safetensors");
  refuse(fit("model.safetensors", "--method gaussian"), 2, "--overwrite to replace it");
  refuse(fit("moved.safetensors", "--method gaussian"), 2, "--overwrite to replace it");
  refuse(fit("other.safetensors", "--method gaussian --picture " + at("drawing.svg")), 2, "drawing.svg");
  refuse(apply("x.npy", "map.safetensors"), 2, "is an input of this command");
  refuse(apply("x.npy", "model.safetensors"), 2, "--overwrite to replace it");
  refuse(apply("x.npy", "y.npy"), 2, "--overwrite to replace it");
  refuse(fit("other.safetensors", "--checkpoint " + at("model.safetensors")), 3, "is no checkpoint");
  refuse(fit("other.safetensors", "--overwrite --checkpoint " + at("model.safetensors")), 3,
         "is no checkpoint");
  EXPECT_EQ(bytes("model.safetensors"), before);
  EXPECT_FALSE(fs::exists(folder_ / "other.safetensors"));
  // An input is not even replaced when told; a link to it neither.
  fs::create_symlink(at("x.npy"), folder_ / "link.npy");
  const std::string rows = bytes("x.npy");
  refuse(apply("x.npy", "link.npy", "--overwrite"), 2, "is an input of this command");
  refuse(apply("x.npy", "../" + folder_.path().filename().string() + "/x.npy", "--overwrite"), 2,
         "is an input of this command");
  EXPECT_EQ(bytes("x.npy"), rows);
  ASSERT_EQ(fit("model.safetensors", "--method gaussian --overwrite").status, 0);
  EXPECT_NE(bytes("model.safetensors"), before);
  ASSERT_EQ(apply("x.npy", "y.npy", "--overwrite").status, 0);
}

}  // namespace
}  // namespace isoscan
