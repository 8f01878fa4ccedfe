// Debian's luaconf.h includes this for the library path; so it is also the place for what WASI lacks.
#pragma once
#include <stdio.h>
#include <stdlib.h>

#define DEB_HOST_MULTIARCH "wasm32-wasi"

// There is no setjmp: an error in a script ends the program, as it does where nobody catches it.
// (pcall and coroutines work as long as nothing is raised and nothing yields.)
#define luai_jmpbuf int
#define LUAI_THROW(L, c) (fprintf(stderr, "error %d\n", (c)->status), exit(1))
#define LUAI_TRY(L, c, a) \
  do {                    \
    a                     \
  } while (0)

#define tmpfile() ((FILE *)0)
#define LUA_TMPNAMBUFSIZE 32
#define lua_tmpnam(b, e) (e = 1)
