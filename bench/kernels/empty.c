// The program that does nothing: what a runtime costs before any work.
#include "kernel.h"

int main(void) { return kernel_report("empty", 0); }
