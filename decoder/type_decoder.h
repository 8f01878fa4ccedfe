// Decodes the type section and the types of tables, memories and globals (spec 5.3).
#pragma once

#include "core/opcode.h"
#include "core/type_registry.h"
#include "decoder/instr_reader.h"
#include "decoder/module.h"
#include "decoder/reader.h"

namespace mini_wasm::decoder {

// 5.5.4: decodes all recursive types of the section, interns them in `registry`, and appends them to `module.types`.
void read_type_section(Reader& r, Module& module, TypeRegistry& registry, FeatureSet features);

// 5.3.14, 5.3.15, 5.3.16. The validator checks the ranges of limits.
TableType read_table_type(Reader& r, const TypeScope& scope);
MemoryType read_memory_type(Reader& r, FeatureSet features);
GlobalType read_global_type(Reader& r, const TypeScope& scope);

// The element type of a table or segment. `funcref` is allowed even if the feature of the other reference types is off.
ValType read_element_type(Reader& r, const TypeScope& scope);

// Reads a count like Reader::count, and checks it against an implementation limit.
uint32_t read_count(Reader& r, uint32_t min_bytes, uint32_t limit, const char* what);

}  // namespace mini_wasm::decoder
