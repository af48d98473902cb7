#include "record.hpp"

namespace isoscan::pipeline {

using config::Json;

namespace {
constexpr const char* kFormat = "isoscan-record-1";
}

Json to_json(const Record& record) {
  Json json = to_json(record.parts);
  json["format"] = kFormat;
  json["key"] = record.key;
  Json outputs(Json::Object{});
  for (const auto& [name, output] : record.outputs) {
    outputs[name] = Json::Object{{"sha256", output.sha256}, {"bytes", output.bytes}};
  }
  json["outputs"] = outputs;
  json["made"] =
      Json::Object{{"isoscan", record.made.isoscan}, {"time", record.made.time},
                   {"host", record.made.host},       {"threads", record.made.threads},
                   {"seconds", record.made.seconds}, {"peak_memory_mb", record.made.peak_memory_mb},
                   {"alone", record.made.alone},     {"kernel", record.made.kernel}};
  return json;
}

Record record_of(const Json& json) {
  if (json.at("format").as_string() != kFormat)
    throw core::Error(core::ErrorKind::Config, "is of another format");
  Record record;
  record.key = json.at("key").as_string();
  record.parts = key_parts(json);
  for (const auto& [name, output] : json.at("outputs").members()) {
    record.outputs[name] = {output.at("sha256").as_string(),
                            static_cast<std::uint64_t>(output.at("bytes").as_integer())};
  }
  const Json& made = json.at("made");
  record.made = {made.at("isoscan").as_string(), made.at("time").as_string(),
                 made.at("host").as_string(),    static_cast<int>(made.at("threads").as_integer()),
                 made.at("seconds").as_number(), made.at("peak_memory_mb").as_number(),
                 made.at("alone").as_bool(),     ""};
  // Records of earlier versions lack it.
  if (const Json* kernel = made.find("kernel")) record.made.kernel = kernel->as_string();
  return record;
}

}  // namespace isoscan::pipeline
