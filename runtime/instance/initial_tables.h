// What the active element segments of a module do to its tables, as far as it is the same in every instance.
#pragma once

#include "decoder/module.h"

namespace mini_wasm::runtime {

// Whether all active segments have constant offsets and fit into tables that the module itself defines. Then none of
// them can trap.
bool elements_fit(const decoder::Module& module);
// Whether the tables that the module defines contain only functions of the module itself when an instance begins, and
// at least one. Then a table that is used again together with the same function instances has the same initial content.
bool tables_hold_own_functions(const decoder::Module& module);

}  // namespace mini_wasm::runtime
