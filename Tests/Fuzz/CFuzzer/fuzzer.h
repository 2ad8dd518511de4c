#pragma once
#include <stddef.h>
#include <stdint.h>

/* libFuzzer as a library (compiler-rt, "Using libFuzzer as a library"). */
int LLVMFuzzerRunDriver(int *argc, char ***argv, int (*body)(const uint8_t *data, size_t size));
