// The processors. An answer has no feature that this machine lacks, because the program's code runs on this one.

#include "processor.h"

#include <string.h>

static const Processor processors[] = {
    {"zen2", 1, 0, 0x00870f10, {32, 32, 512, 32768}}, {"zen3", 1, 0, 0x00a20f10, {32, 32, 512, 32768}},
    {"zen4", 1, 1, 0x00a60f12, {32, 32, 1024, 32768}}, {"hsw", 0, 0, 0x000306c3, {32, 32, 256, 8192}},
    {"bdw", 0, 0, 0x000406f1, {32, 32, 256, 35840}},   {"skx", 0, 1, 0x00050654, {32, 32, 1024, 22528}},
};

#define BIT(n) (1u << (n))

// Leaf 1, ECX: SSE3, PCLMULQDQ, SSSE3, FMA, CMPXCHG16B, SSE4.1, SSE4.2, x2APIC, MOVBE, POPCNT, AES, XSAVE, OSXSAVE,
// AVX, F16C, RDRAND, and that there is a hypervisor.
#define LEAF1                                                                                                         \
  (BIT(0) | BIT(1) | BIT(9) | BIT(12) | BIT(13) | BIT(19) | BIT(20) | BIT(21) | BIT(22) | BIT(23) | BIT(25) |         \
   BIT(26) | BIT(27) | BIT(28) | BIT(29) | BIT(30) | BIT(31))
// Leaf 7, EBX: FSGSBASE, BMI1, AVX2, SMEP, BMI2, ERMS; then RDSEED, ADX, SMAP; CLFLUSHOPT, CLWB; SHA.
#define LEAF7 (BIT(0) | BIT(3) | BIT(5) | BIT(7) | BIT(8) | BIT(9))
#define LEAF7_LATER (BIT(18) | BIT(19) | BIT(20) | BIT(23) | BIT(24))
#define LEAF7_SHA BIT(29)
// Leaf 7, EBX: AVX-512 F, DQ, CD, BW and VL, and IFMA; ECX: UMIP and RDPID, and VBMI, VBMI2, GFNI, VAES, VPCLMULQDQ,
// VNNI, BITALG, VPOPCNTDQ.
#define AVX512 (BIT(16) | BIT(17) | BIT(28) | BIT(30) | BIT(31))
#define AVX512_IFMA BIT(21)
#define LEAF7_ECX (BIT(2) | BIT(22))
#define AVX512_ZEN4 (BIT(1) | BIT(6) | BIT(8) | BIT(9) | BIT(10) | BIT(11) | BIT(12) | BIT(14))
// Leaf 0x80000001, ECX: LAHF and LZCNT, and AMD's own: CMP_LEGACY, CR8_LEGACY, SSE4A, misaligned SSE, PREFETCH,
// topology. EDX: SYSCALL, NX, 1 GB pages, RDTSCP, 64-bit mode.
#define EXTENDED (BIT(0) | BIT(5))
#define EXTENDED_AMD (BIT(1) | BIT(4) | BIT(6) | BIT(7) | BIT(8) | BIT(22))
#define EXTENDED_EDX (BIT(11) | BIT(20) | BIT(26) | BIT(27) | BIT(29))

static void ask(uint32_t leaf, uint32_t subleaf, uint32_t *r) {
  __asm__ volatile("cpuid" : "=a"(r[EAX]), "=b"(r[EBX]), "=c"(r[ECX]), "=d"(r[EDX]) : "a"(leaf), "c"(subleaf));
}

const Processor *processor_named(const char *name) {
  for (unsigned i = 0; i < sizeof processors / sizeof *processors; i++)
    if (strcmp(name, processors[i].name) == 0) return &processors[i];
  return 0;
}

const char *processor_lacks(const Processor *shown) {
  const uint32_t avx2 = BIT(3) | BIT(5) | BIT(8), one = BIT(12) | BIT(22) | BIT(28) | BIT(29);
  uint32_t r[4];
  ask(1, 0, r);
  const int has_one = (r[ECX] & one) == one;
  ask(0, 0, r);
  if (r[EAX] < 7) return "AVX2";
  ask(7, 0, r);
  if (!has_one || (r[EBX] & avx2) != avx2) return "AVX2";
  return shown->avx512 && (r[EBX] & AVX512) != AVX512 ? "AVX-512" : 0;
}

// Three registers of text: the vendor is in EBX, EDX, ECX.
static void vendor(uint32_t *r, const char *text) {
  memcpy(&r[EBX], text, 4), memcpy(&r[EDX], text + 4, 4), memcpy(&r[ECX], text + 8, 4);
}

// One cache as Intel's leaf 4 and AMD's 0x8000001d describe it: type and level; ways and the line's 64 bytes; sets.
static void cache(const Processor *shown, uint32_t number, uint32_t *r) {
  memset(r, 0, 4 * sizeof *r);
  if (number > 3) return;
  static const uint32_t kind[] = {1 | 1 << 5, 2 | 1 << 5, 3 | 2 << 5, 3 | 3 << 5};
  // As many ways as leave a whole number of sets.
  const uint32_t sizes = number == 3 ? shown->caches[3] : 0;
  const uint32_t ways = sizes == 0 ? 8 : sizes % 11 == 0 ? 11 : sizes % 20 == 0 ? 20 : 16;
  r[EAX] = kind[number] | BIT(8);
  r[EBX] = 63 | (ways - 1) << 22;
  r[ECX] = shown->caches[number] * 1024 / 64 / ways - 1;
}

// AMD's older leaves: kilobytes and lines of the first level; of the second, and halves of megabytes of the third.
static void amd_caches(const Processor *shown, uint32_t leaf, uint32_t *r) {
  if (leaf == 0x80000005u) {
    r[EAX] = r[EBX] = 0xff40ff40;
    r[ECX] = shown->caches[0] << 24 | 8 << 16 | 1 << 8 | 64;
    r[EDX] = shown->caches[1] << 24 | 8 << 16 | 1 << 8 | 64;
  } else {
    r[EAX] = 0x48002200, r[EBX] = 0x68004200;
    r[ECX] = shown->caches[2] << 16 | 6 << 12 | 1 << 8 | 64;
    r[EDX] = shown->caches[3] / 512 << 18 | 9 << 12 | 1 << 8 | 64;
  }
}

static void leaf7(const Processor *shown, uint32_t subleaf, uint32_t *r) {
  const int haswell = shown->signature == 0x000306c3, zen4 = shown->amd && shown->avx512;
  const uint32_t has[4] = {0, r[EBX], r[ECX], 0};
  memset(r, 0, 4 * sizeof *r);
  if (subleaf > 0) return;
  r[EBX] = has[EBX] & (LEAF7 | (haswell ? 0 : LEAF7_LATER) | (shown->amd ? LEAF7_SHA : 0) |
                       (shown->avx512 ? AVX512 : 0) | (zen4 ? AVX512_IFMA : 0));
  r[ECX] = has[ECX] & ((shown->amd ? LEAF7_ECX : 0) | (zen4 ? AVX512_ZEN4 : 0));
}

void processor_answer(const Processor *shown, uint32_t leaf, uint32_t subleaf, uint32_t *r) {
  static const char *const names[] = {"AMD processor", "Intel processor"};
  const uint32_t last = shown->amd ? 0x10 : 0x16, last_extended = shown->amd ? 0x8000001e : 0x80000008;
  ask(leaf, subleaf, r);
  switch (leaf) {
  case 0: // how far the leaves go, and the vendor
    r[EAX] = last;
    vendor(r, shown->amd ? "AuthenticAMD" : "GenuineIntel");
    return;
  case 1:
    r[EAX] = shown->signature;
    r[ECX] &= LEAF1;
    return;
  case 4: // Intel's caches
    if (shown->amd) memset(r, 0, 16);
    else cache(shown, subleaf, r);
    return;
  case 7: leaf7(shown, subleaf, r); return;
  case 0xd: // the saved state of vector registers, which is the operating system's: as it is
    return;
  case 0x80000000u:
    r[EAX] = last_extended;
    vendor(r, shown->amd ? "AuthenticAMD" : "\0\0\0\0\0\0\0\0\0\0\0\0");
    return;
  case 0x80000001u:
    r[EAX] = shown->amd ? shown->signature : 0;
    r[EBX] = 0;
    r[ECX] &= EXTENDED | (shown->amd ? EXTENDED_AMD : 0);
    r[EDX] &= EXTENDED_EDX;
    return;
  case 0x80000002u:
    memset(r, 0, 16);
    strncpy((char *)r, names[!shown->amd], 16);
    return;
  case 0x80000005u: case 0x80000006u:
    if (shown->amd) amd_caches(shown, leaf, r);
    else r[EAX] = r[EBX] = r[EDX] = 0, r[ECX] = leaf & 1 ? 0 : shown->caches[2] << 16 | 6 << 12 | 64;
    return;
  case 0x8000001du: // AMD's caches
    if (shown->amd) cache(shown, subleaf, r);
    else memset(r, 0, 16);
    return;
  case 0x80000007u: case 0x80000008u: // the clock's steadiness, and the width of addresses: this machine's
    return;
  default:
    // Of the topology, frequencies and the rest nothing is said: libraries then ask the operating system. So is it
    // beyond the last leaf, where an Intel processor would repeat another's answer.
    memset(r, 0, 16);
  }
}
