// Debian's libasmjit.a is not made for shared libraries, but for this only thing: it looks for the variable in its own
// program. It would print there in builds with its assertions.
__attribute__((visibility("hidden"))) void* stderr;
