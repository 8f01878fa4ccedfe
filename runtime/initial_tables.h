// What a module's active element segments do to tables, as far as that is the same in every instance.
#pragma once

#include "decoder/module.h"

namespace mini_wasm::runtime {

// Whether all active segments lie at plain constants and fit into tables of the module's own: none of them can trap.
bool elements_fit(const decoder::Module& module);
// Whether all that is in the tables that the module defines, when an instance begins, are functions of its own; and
// there are some. A table that is used again by the same function instances then is what it was.
bool tables_hold_own_functions(const decoder::Module& module);

}  // namespace mini_wasm::runtime
