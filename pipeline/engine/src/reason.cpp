#include "reason.hpp"

namespace isoscan::pipeline {

using config::Json;

namespace {

core::ErrorKind kind_named(const std::string& word) {
  using enum core::ErrorKind;
  for (const auto kind : {Config, Input, Io, Geometry, Numeric, Resource, Cancelled}) {
    if (core::name(kind) == word) return kind;
  }
  return Internal;
}

}  // namespace

Json to_json(const Last& last) {
  Json json(Json::Object{{"key", last.key}, {"parts", to_json(last.parts)}, {"seconds", last.seconds}});
  if (!last.failure.empty()) {
    json["failure"] = last.failure;
    json["kind"] = core::name(last.kind);
  }
  return json;
}

std::optional<Last> last_of(const Store& store, const std::string& stage, const std::string& unit) {
  const auto json = store.last(stage, unit);
  if (!json) return std::nullopt;
  try {
    Last last{
        json->at("key").as_string(), key_parts(json->at("parts")), json->at("seconds").as_number(), "", {}};
    if (const Json* failure = json->find("failure")) last.failure = failure->as_string();
    if (const Json* kind = json->find("kind")) last.kind = kind_named(kind->as_string());
    return last;
  } catch (const core::Error&) {
    return std::nullopt;
  }
}

std::string reason(const Lookup& lookup, const std::optional<Last>& last, const KeyParts& now,
                   const std::string& key) {
  if (!lookup.trouble.empty()) return "the stored result cannot be used: " + lookup.trouble;
  if (!last) return "never ran";
  if (last->key == key) {
    return last->failure.empty() ? "its result is no longer in the store" : "failed before: " + last->failure;
  }
  std::string text;
  for (const std::string& change : differences(last->parts, now)) text += (text.empty() ? "" : "; ") + change;
  return text.empty() ? "its key changed" : text;
}

}  // namespace isoscan::pipeline
