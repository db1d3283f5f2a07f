// What a processor answers to CPUID: the features that it shares with this one, its own vendor, model and caches.

#pragma once

#include <stdint.h>

enum { EAX, EBX, ECX, EDX };

typedef struct {
  const char *name;
  int amd, avx512;
  uint32_t signature; // family, model and stepping
  uint32_t caches[4]; // kilobytes of data and of code at the first level, of the second, and of the third
} Processor;

// One by its name, null if there is none such.
const Processor *processor_named(const char *name);

// What this machine lacks to run as that processor, null if nothing.
const char *processor_lacks(const Processor *shown);

// What it answers.
void processor_answer(const Processor *shown, uint32_t leaf, uint32_t subleaf, uint32_t *registers);
