#include "isoscan/config/json.hpp"
#include "isoscan/config/schema.hpp"

#include "judge.hpp"
#include "targets.hpp"

namespace isoscan::fuzz {

void json(std::string_view bytes) {
  using config::Schema;
  judged([&] {
    const config::Json value = config::Json::parse(bytes, "file");
    // Bytes that are not UTF-8 are refused by the parser, so what was read can be written and read again.
    require(config::Json::parse(value.dump(), "again") == value, "JSON does not go round");
    for (const Schema schema : {Schema::Run, Schema::Manifest, Schema::Status, Schema::Record,
                                Schema::VirtualScanner, Schema::SiteRule, Schema::Study}) {
      judged([&] { config::validate(value, schema, "file"); });
      if (config::problems(value, schema).empty())
        require(config::problems(config::with_defaults(value, schema), schema).empty(),
                "defaults break the schema");
    }
  });
}

}  // namespace isoscan::fuzz
