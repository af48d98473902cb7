#include "isoscan/core/npy.hpp"

#include <bit>
#include <charconv>
#include <cstring>
#include <optional>

#include "isoscan/core/error.hpp"
#include "isoscan/core/files.hpp"
#include "isoscan/core/printable.hpp"

namespace isoscan::core {

static_assert(std::endian::native == std::endian::little, "the arrays that are read are little-endian");

namespace {

constexpr std::string_view kMagic("\x93NUMPY", 6);

struct Kind {
  DType dtype;
  std::string_view name;
  std::uint64_t bytes;
};
constexpr Kind kKinds[] = {
    {DType::F32, "<f4", 4}, {DType::F64, "<f8", 8}, {DType::I64, "<i8", 8}, {DType::U8, "|u1", 1}};

Error bad(const std::string& what) {
  return {ErrorKind::Input, printable("not a usable .npy file: " + what)};
}

const Kind& kind_of(std::string_view name) {
  for (const Kind& kind : kKinds) {
    if (kind.name == name) return kind;
  }
  throw bad("its numbers are of type '" + std::string(name.substr(0, 16)) +
            "'; save it with numpy.save(file, array.astype('float32'))");
}
const Kind& kind_of(DType dtype) {
  for (const Kind& kind : kKinds) {
    if (kind.dtype == dtype) return kind;
  }
  throw Error(ErrorKind::Internal, "unknown tensor type");
}

/// The header: a Python dictionary of three entries, as numpy prints it. Nothing else of Python is
/// understood.
class HeaderReader {
 public:
  explicit HeaderReader(std::string_view text) : left_(text) {}

  void read() {
    expect('{');
    while (!take('}')) {
      const std::string_view key = word();
      expect(':');
      if (key == "descr") {
        once(descr);
        descr = word();
      } else if (key == "fortran_order") {
        once(fortran_order);
        fortran_order = truth();
      } else if (key == "shape") {
        once(shape);
        shape = tuple();
      } else {
        throw bad("its header has the unknown entry '" + std::string(key.substr(0, 32)) + "'");
      }
      if (!take(',')) {
        expect('}');
        break;
      }
    }
    skip();
    if (!left_.empty()) throw bad("its header goes on after the dictionary");
    if (!descr || !fortran_order || !shape)
      throw bad("its header lacks one of 'descr', 'fortran_order', 'shape'");
  }

  std::optional<std::string_view> descr;
  std::optional<bool> fortran_order;
  std::optional<std::vector<std::int64_t>> shape;

 private:
  template <class T>
  static void once(const std::optional<T>& value) {
    if (value) throw bad("its header has an entry twice");
  }
  void skip() {
    const std::size_t at = left_.find_first_not_of(" \t\r\n");
    left_.remove_prefix(at == std::string_view::npos ? left_.size() : at);
  }
  bool take(char c) {
    skip();
    if (left_.empty() || left_.front() != c) return false;
    left_.remove_prefix(1);
    return true;
  }
  void expect(char c) {
    if (!take(c)) throw bad(std::string("its header is malformed: '") + c + "' is missing");
  }
  std::string_view word() {
    skip();
    if (left_.empty() || (left_.front() != '\'' && left_.front() != '"'))
      throw bad(
          "its header is malformed, or its numbers are records; save one plain array with numpy.save(file, "
          "array.astype('float32'))");
    const std::size_t end = left_.find(left_.front(), 1);
    if (end == std::string_view::npos) throw bad("its header is malformed: a quote is not closed");
    const std::string_view text = left_.substr(1, end - 1);
    left_.remove_prefix(end + 1);
    return text;
  }
  bool truth() {
    skip();
    for (const auto& [name, value] : {std::pair{std::string_view("True"), true}, {"False", false}}) {
      if (left_.starts_with(name)) {
        left_.remove_prefix(name.size());
        return value;
      }
    }
    throw bad("its header is malformed: 'fortran_order' is neither True nor False");
  }
  std::vector<std::int64_t> tuple() {
    std::vector<std::int64_t> sizes;
    expect('(');
    while (!take(')')) {
      skip();
      std::int64_t size = 0;
      const auto [end, error] = std::from_chars(left_.data(), left_.data() + left_.size(), size);
      if (error != std::errc{} || size < 0) throw bad("its header is malformed: 'shape' is no list of sizes");
      left_.remove_prefix(static_cast<std::size_t>(end - left_.data()));
      sizes.push_back(size);
      if (sizes.size() > 32) throw bad("its shape has more than 32 sizes");
      if (!take(',')) {
        expect(')');
        break;
      }
    }
    return sizes;
  }

  std::string_view left_;
};

std::uint64_t little_endian(std::string_view bytes) {
  std::uint64_t value = 0;
  for (std::size_t i = bytes.size(); i-- > 0;) value = value << 8U | static_cast<unsigned char>(bytes[i]);
  return value;
}

std::string words(const std::vector<std::int64_t>& shape) {
  std::string text;
  for (const std::int64_t s : shape) text += std::to_string(s) + ", ";
  if (shape.size() > 1) text.resize(text.size() - 2);
  if (shape.size() == 1) text.pop_back();  // (3,) as Python writes it
  return "(" + text + ")";
}

}  // namespace

Tensor from_npy(std::string_view bytes) {
  if (!bytes.starts_with(kMagic)) throw bad("it does not begin as one; save it with numpy.save(file, array)");
  if (bytes.size() < 8) throw bad("it ends within its version");
  const int version = static_cast<unsigned char>(bytes[6]);
  if (version < 1 || version > 3) throw bad("its version is " + std::to_string(version) + ", not 1 to 3");
  const std::size_t width = version == 1 ? 2 : 4;
  if (bytes.size() < 8 + width) throw bad("it ends within its header's length");
  const std::uint64_t length = little_endian(bytes.substr(8, width));
  bytes.remove_prefix(8 + width);
  if (length > bytes.size()) throw bad("its header's length points outside the file; copy it again");
  HeaderReader header(bytes.substr(0, static_cast<std::size_t>(length)));
  header.read();
  const std::string_view data = bytes.substr(static_cast<std::size_t>(length));

  const Kind& kind = kind_of(*header.descr);
  if (header.shape->empty() || header.shape->size() > 2)
    throw bad("its shape is " + words(*header.shape) +
              ": one or two dimensions are needed; use array.reshape(rows, columns)");
  std::uint64_t expected = kind.bytes;
  for (const std::int64_t s : *header.shape) {
    if (s > 0 && expected > UINT64_MAX / 2 / static_cast<std::uint64_t>(s))
      throw bad("its shape is impossible: " + words(*header.shape));
    expected *= static_cast<std::uint64_t>(s);
  }
  if (expected != data.size())
    throw bad("its shape " + words(*header.shape) + " needs " + std::to_string(expected) +
              " bytes, there are " + std::to_string(data.size()) + "; copy it again");

  Tensor tensor;
  tensor.dtype = kind.dtype;
  tensor.shape = *header.shape;
  tensor.bytes.assign(data.begin(), data.end());
  if (*header.fortran_order && tensor.shape.size() == 2) {
    const auto rows = static_cast<std::size_t>(tensor.shape[0]);
    const auto columns = static_cast<std::size_t>(tensor.shape[1]);
    const auto size = static_cast<std::size_t>(kind.bytes);
    for (std::size_t r = 0; r < rows; ++r) {
      for (std::size_t c = 0; c < columns; ++c)
        std::memcpy(tensor.bytes.data() + (r * columns + c) * size, data.data() + (c * rows + r) * size,
                    size);
    }
  }
  return tensor;
}

std::string to_npy(const Tensor& tensor) {
  const Kind& kind = kind_of(tensor.dtype);
  if (tensor.shape.empty() || tensor.shape.size() > 2)
    throw Error(ErrorKind::Internal, "an array for .npy must have one or two dimensions");
  if (static_cast<std::uint64_t>(tensor.count()) * kind.bytes != tensor.bytes.size())
    throw Error(ErrorKind::Internal, "a tensor's values do not fit its shape");
  std::string header = "{'descr': '" + std::string(kind.name) +
                       "', 'fortran_order': False, 'shape': " + words(tensor.shape) + ", }";
  // numpy pads so that the first size could grow to 21 digits in place, then to a multiple of 64 with a
  // newline.
  header.append(21 - std::to_string(tensor.shape.front()).size(), ' ');
  constexpr std::size_t kBefore = 10;
  header.append(64 - (kBefore + header.size() + 1) % 64, ' ');
  header += '\n';
  std::string out(kMagic);
  out += '\x01';
  out += '\0';
  out += static_cast<char>(header.size() & 0xffU);
  out += static_cast<char>(header.size() >> 8U);
  out += header;
  out.append(reinterpret_cast<const char*>(tensor.bytes.data()), tensor.bytes.size());
  return out;
}

Tensor read_npy(const boost::filesystem::path& file) {
  try {
    return from_npy(read_file(file));
  } catch (const Error& error) {
    if (error.kind() == ErrorKind::Input) throw error.within(file.string());
    throw;
  }
}

void write_npy(const boost::filesystem::path& file, const Tensor& tensor) {
  write_file(file, to_npy(tensor));
}

}  // namespace isoscan::core
