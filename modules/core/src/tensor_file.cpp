#include "isoscan/core/tensor_file.hpp"

#include <algorithm>
#include <bit>
#include <cstring>

#include <nlohmann/json.hpp>

#include "isoscan/core/digest.hpp"
#include "isoscan/core/error.hpp"
#include "isoscan/core/files.hpp"
#include "isoscan/core/printable.hpp"

namespace isoscan::core {

static_assert(std::endian::native == std::endian::little, "safetensors is little-endian");

namespace {

struct Kind {
  DType dtype;
  const char* name;
  std::size_t bytes;
};
constexpr Kind kKinds[] = {
    {DType::F32, "F32", 4}, {DType::F64, "F64", 8}, {DType::I64, "I64", 8}, {DType::U8, "U8", 1}};

const Kind& kind_of(DType dtype) {
  for (const Kind& kind : kKinds) {
    if (kind.dtype == dtype) return kind;
  }
  throw Error(ErrorKind::Internal, "unknown tensor type");
}

Error bad(const std::string& what) {
  return {ErrorKind::Input, printable("not a usable safetensors file: " + what)};
}

template <class T>
Tensor tensor_of(DType dtype, std::vector<std::int64_t> shape, const std::vector<T>& values) {
  Tensor tensor;
  tensor.dtype = dtype;
  tensor.shape = std::move(shape);
  if (tensor.count() != static_cast<std::int64_t>(values.size())) {
    throw Error(ErrorKind::Internal, "a tensor's values do not fit its shape");
  }
  tensor.bytes.resize(values.size() * sizeof(T));
  if (!values.empty()) std::memcpy(tensor.bytes.data(), values.data(), tensor.bytes.size());
  return tensor;
}

template <class To, class From>
void convert(const Tensor& tensor, std::vector<To>& out) {
  const std::size_t count = tensor.bytes.size() / sizeof(From);
  for (std::size_t n = 0; n < count; ++n) {
    From value{};
    std::memcpy(&value, tensor.bytes.data() + n * sizeof(From), sizeof(From));
    out.push_back(static_cast<To>(value));
  }
}

template <class To>
std::vector<To> values_as(const Tensor& tensor) {
  if (tensor.bytes.size() != static_cast<std::size_t>(tensor.count()) * kind_of(tensor.dtype).bytes) {
    throw bad("a tensor's bytes do not fit its shape");
  }
  std::vector<To> out;
  out.reserve(static_cast<std::size_t>(tensor.count()));
  switch (tensor.dtype) {
    case DType::F32:
      convert<To, float>(tensor, out);
      break;
    case DType::F64:
      convert<To, double>(tensor, out);
      break;
    case DType::I64:
      convert<To, std::int64_t>(tensor, out);
      break;
    case DType::U8:
      convert<To, std::uint8_t>(tensor, out);
      break;
  }
  return out;
}

/// A length before each part, so that no two contents give one text.
void add(Sha256& digest, std::uint64_t number) {
  digest.update(&number, sizeof number);
}
void add(Sha256& digest, std::string_view text) {
  add(digest, text.size());
  digest.update(text);
}

struct Extent {
  std::uint64_t begin = 0;
  std::uint64_t end = 0;
};

/// The format allows neither holes nor overlaps.
void require_filled(std::vector<Extent> extents, std::uint64_t size) {
  std::sort(extents.begin(), extents.end(), [](const Extent& a, const Extent& b) {
    return a.begin != b.begin ? a.begin < b.begin : a.end < b.end;
  });
  std::uint64_t at = 0;
  for (const Extent& extent : extents) {
    if (extent.begin != at) throw bad("its tensors overlap or leave a gap");
    at = extent.end;
  }
  if (at != size) throw bad("there are bytes that belong to no tensor");
}

}  // namespace

std::string content_digest(const TensorFile& file) {
  Sha256 digest;
  add(digest, file.metadata.size() - file.metadata.count(kSealKey));
  for (const auto& [key, value] : file.metadata) {
    if (key == kSealKey) continue;
    add(digest, key);
    add(digest, value);
  }
  add(digest, file.tensors.size());
  for (const auto& [name, tensor] : file.tensors) {
    add(digest, name);
    add(digest, kind_of(tensor.dtype).name);
    add(digest, tensor.shape.size());
    for (const std::int64_t s : tensor.shape) add(digest, static_cast<std::uint64_t>(s));
    add(digest, tensor.bytes.size());
    if (!tensor.bytes.empty()) digest.update(tensor.bytes.data(), tensor.bytes.size());
  }
  return digest.hex();
}

void seal(TensorFile& file) {
  file.metadata[kSealKey] = content_digest(file);
}

void check_seal(const TensorFile& file) {
  const auto found = file.metadata.find(kSealKey);
  if (found == file.metadata.end()) {
    throw Error(ErrorKind::Input, std::string("it holds no digest of its content (\"") + kSealKey +
                                      "\"), so damage would go unnoticed: make the file again");
  }
  if (found->second != content_digest(file)) {
    throw Error(
        ErrorKind::Input,
        "damaged: its content is not what was written (the digest differs); copy it again from where it "
        "was made, or make it again");
  }
}

std::int64_t Tensor::count() const {
  std::int64_t n = 1;
  for (const std::int64_t s : shape) n *= s;
  return n;
}

Tensor Tensor::of(std::vector<std::int64_t> shape, const std::vector<float>& values) {
  return tensor_of(DType::F32, std::move(shape), values);
}
Tensor Tensor::of(std::vector<std::int64_t> shape, const std::vector<double>& values) {
  return tensor_of(DType::F64, std::move(shape), values);
}
std::vector<float> Tensor::floats() const {
  return values_as<float>(*this);
}
std::vector<double> Tensor::doubles() const {
  return values_as<double>(*this);
}

const Tensor& TensorFile::at(const std::string& name) const {
  const auto found = tensors.find(name);
  if (found == tensors.end()) throw bad("the tensor '" + name + "' is missing");
  return found->second;
}

std::string to_safetensors(const TensorFile& file) {
  nlohmann::json header = nlohmann::json::object();
  if (!file.metadata.empty()) header["__metadata__"] = file.metadata;
  std::size_t offset = 0;
  for (const auto& [name, tensor] : file.tensors) {
    header[name] = {{"dtype", kind_of(tensor.dtype).name},
                    {"shape", tensor.shape},
                    {"data_offsets", {offset, offset + tensor.bytes.size()}}};
    offset += tensor.bytes.size();
  }
  std::string text = header.dump();
  text.append((8 - text.size() % 8) % 8, ' ');
  std::string out(8, '\0');
  const std::uint64_t length = text.size();
  std::memcpy(out.data(), &length, 8);
  out += text;
  for (const auto& [name, tensor] : file.tensors) {
    out.append(reinterpret_cast<const char*>(tensor.bytes.data()), tensor.bytes.size());
  }
  return out;
}

TensorFile from_safetensors(std::string_view bytes) {
  constexpr std::uint64_t kLongestHeader = 100'000'000;  // the format's own limit
  if (bytes.size() < 8) throw bad("shorter than its header length");
  std::uint64_t length = 0;
  std::memcpy(&length, bytes.data(), 8);
  if (length > kLongestHeader || length > bytes.size() - 8)
    throw bad("the header length points outside the file");
  const std::string_view body = bytes.substr(8 + static_cast<std::size_t>(length));
  const auto header =
      nlohmann::json::parse(bytes.substr(8, static_cast<std::size_t>(length)), nullptr, false);
  if (!header.is_object()) throw bad("the header is not a JSON object");
  TensorFile file;
  std::vector<Extent> extents;
  try {
    for (const auto& [name, entry] : header.items()) {
      if (name == "__metadata__") {
        file.metadata = entry.get<std::map<std::string, std::string>>();
        continue;
      }
      Tensor tensor;
      const auto type = entry.at("dtype").get<std::string>();
      const Kind* kind = nullptr;
      for (const Kind& k : kKinds) {
        if (type == k.name) kind = &k;
      }
      if (kind == nullptr) throw bad("tensor '" + name + "' has the unsupported type " + type);
      tensor.dtype = kind->dtype;
      // A number too large for 64 bits is read as a floating one, and has no whole one to be cast to.
      const auto whole = [&, name = name](const nlohmann::json& number) -> const nlohmann::json& {
        if (!number.is_number_integer())
          throw bad("tensor '" + name + "' has a size that is no whole number");
        return number;
      };
      for (const nlohmann::json& axis : entry.at("shape"))
        tensor.shape.push_back(whole(axis).get<std::int64_t>());
      const auto begin = whole(entry.at("data_offsets").at(0)).get<std::uint64_t>();
      const auto end = whole(entry.at("data_offsets").at(1)).get<std::uint64_t>();
      if (begin > end || end > body.size()) throw bad("tensor '" + name + "' lies outside the file");
      std::uint64_t expected = kind->bytes;
      for (const std::int64_t s : tensor.shape) {
        if (s < 0 || (s > 0 && expected > UINT64_MAX / 2 / static_cast<std::uint64_t>(s))) {
          throw bad("tensor '" + name + "' has an impossible shape");
        }
        expected *= static_cast<std::uint64_t>(s);
      }
      if (expected != end - begin) throw bad("tensor '" + name + "': its bytes do not fit its shape");
      tensor.bytes.assign(body.begin() + static_cast<std::ptrdiff_t>(begin),
                          body.begin() + static_cast<std::ptrdiff_t>(end));
      file.tensors.emplace(name, std::move(tensor));
      extents.push_back({begin, end});
    }
  } catch (const nlohmann::json::exception& error) {
    throw bad(std::string("the header is malformed: ") + error.what());
  }
  require_filled(std::move(extents), body.size());
  return file;
}

TensorFile read_tensor_file(const boost::filesystem::path& file) {
  try {
    return from_safetensors(read_file(file));
  } catch (const Error& error) {
    if (error.kind() == ErrorKind::Input) throw error.within(file.string());
    throw;
  }
}

void write_tensor_file(const boost::filesystem::path& file, const TensorFile& content) {
  write_file(file, to_safetensors(content));
}

}  // namespace isoscan::core
