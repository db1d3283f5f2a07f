// Has a program's libraries ask another processor: what this machine's CPUID says is not what they are told.
//
// The dynamic loader is given this as LD_AUDIT, and calls la_objopen for every library it has mapped, before anything
// of it runs. The instructions listed for that library are overwritten, in memory, with UD2, which raises SIGILL:
//
//     CPUID         is answered as the processor of TORCH_EXACT_PROCESSOR answers it (`host`: not overwritten)
//     approximate   (RCPPS and the like) is put back and runs, as nothing but this machine can do it; that it was
//                   reached is reported
//
// What instructions there are stands in the file that TORCH_EXACT_INSTRUCTIONS names, which tests write from a
// disassembly. A first time that one is reached is a line in the file that TORCH_EXACT_REACHED names, if it is set.
// The loader and libc have asked this machine's processor before, and their code goes on being this machine's, as do
// programs that are linked statically. Ends with 3 for a use that is wrong, with 4 for a processor that this machine
// cannot run as.
#define _GNU_SOURCE
#include <fcntl.h>
#include <link.h>
#include <signal.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/stat.h>
#include <ucontext.h>
#include <unistd.h>

#include "processor.h"

typedef struct {
  unsigned char *at;
  unsigned char was[2];
  char reached;
  const char *line; // in the list: what it is
} Instruction;

typedef struct {
  dev_t device;
  ino_t number;
  off_t size;
  const char *lines;
} Library;

enum { CAPACITY = 1 << 14, LIBRARIES = 1 << 10 };
static Instruction instructions[CAPACITY];
static Library libraries[LIBRARIES];
static int count, libraries_count;
static const Processor *shown; // null: this machine
static const char *reached;
static const unsigned char ud2[2] = {0x0f, 0x0b}, cpuid[2] = {0x0f, 0xa2};

static void end(int status, const char *format, ...) {
  va_list words;
  va_start(words, format);
  vdprintf(2, format, words);
  va_end(words);
  _exit(status);
}

static int is_cpuid(const Instruction *instruction) { return strncmp(instruction->line, "cpuid ", 6) == 0; }

// Once for each, so that a signal's handler can: nothing here allocates.
static void report(Instruction *instruction) {
  if (__atomic_exchange_n(&instruction->reached, 1, __ATOMIC_RELAXED) || !reached) return;
  const int file = open(reached, O_WRONLY | O_CREAT | O_APPEND | O_CLOEXEC, 0666);
  const char *line = instruction->line;
  if (write(file, line, strcspn(line, "\n") + 1) < 0) end(3, "emulated_cpu: cannot write to %s\n", reached);
  close(file);
}

static void on_illegal(int number, siginfo_t *info, void *context) {
  (void)info;
  greg_t *g = ((ucontext_t *)context)->uc_mcontext.gregs;
  Instruction *instruction = 0;
  for (int i = 0; i < count && !instruction; i++)
    if (instructions[i].at == (unsigned char *)g[REG_RIP]) instruction = &instructions[i];
  if (!instruction) { // a true fault, which comes again
    signal(number, SIG_DFL);
    return;
  }
  report(instruction);
  if (!is_cpuid(instruction)) {
    memcpy(instruction->at, instruction->was, 2);
    return;
  }
  uint32_t r[4];
  processor_answer(shown, g[REG_RAX], g[REG_RCX], r);
  g[REG_RAX] = r[EAX], g[REG_RBX] = r[EBX], g[REG_RCX] = r[ECX], g[REG_RDX] = r[EDX];
  g[REG_RIP] += 2;
}

// Left writable: the handler puts approximate instructions back.
static int make_writable(unsigned char *at) {
  const unsigned long page = sysconf(_SC_PAGESIZE), start = (unsigned long)at & -page;
  return mprotect((void *)start, (unsigned long)at + 2 - start, PROT_READ | PROT_WRITE | PROT_EXEC);
}

static void overwrite(unsigned char *at, const char *line) {
  if (count == CAPACITY) end(3, "emulated_cpu: more than %d instructions\n", CAPACITY);
  if (make_writable(at)) end(3, "emulated_cpu: a library's code cannot be made writable\n");
  Instruction *instruction = &instructions[count];
  *instruction = (Instruction){.at = at, .line = line};
  memcpy(instruction->was, at, 2);
  if (is_cpuid(instruction) && memcmp(at, cpuid, 2)) end(3, "emulated_cpu: no CPUID at %.60s\n", line);
  count++;
  memcpy(at, ud2, 2);
}

unsigned la_objopen(struct link_map *map, Lmid_t namespace, uintptr_t *cookie) {
  (void)namespace, (void)cookie;
  struct stat opened;
  if (stat(*map->l_name ? map->l_name : "/proc/self/exe", &opened)) return 0; // the kernel's, which is no file
  const Library *library = 0;
  for (int i = 0; i < libraries_count && !library; i++)
    if (libraries[i].device == opened.st_dev && libraries[i].number == opened.st_ino) library = &libraries[i];
  if (!library) return 0;
  if (library->size != opened.st_size) end(3, "emulated_cpu: %s is not as listed\n", map->l_name);
  for (const char *line = library->lines; *line && strncmp(line, "file ", 5); line = strchr(line, '\n') + 1)
    if (shown || strncmp(line, "cpuid ", 6))
      overwrite((unsigned char *)map->l_addr + strtoul(strchr(line, ' '), 0, 16), line);
  return 0;
}

static char *contents(const char *path) {
  struct stat status;
  const int file = open(path, O_RDONLY | O_CLOEXEC);
  if (file < 0 || fstat(file, &status)) end(3, "emulated_cpu: cannot read %s\n", path);
  // A byte more than the file has, which is zero.
  char *text = mmap(0, status.st_size + 1, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
  if (text == MAP_FAILED || read(file, text, status.st_size) != status.st_size)
    end(3, "emulated_cpu: cannot read %s\n", path);
  close(file);
  return text;
}

// The list: `file SIZE PATH`, and after it a line for each of its instructions, `cpuid ADDRESS FUNCTION` or
// `approximate ADDRESS FUNCTION`.
static void find_libraries(const char *line) {
  for (; *line; line = strchr(line, '\n') + 1) {
    if (strncmp(line, "file ", 5)) continue;
    if (libraries_count == LIBRARIES) end(3, "emulated_cpu: more than %d libraries\n", LIBRARIES);
    char *path, name[4096];
    Library *library = &libraries[libraries_count];
    library->size = strtoul(line + 5, &path, 10);
    snprintf(name, sizeof name, "%.*s", (int)strcspn(path + 1, "\n"), path + 1);
    library->lines = strchr(line, '\n') + 1;
    struct stat status;
    if (stat(name, &status)) continue;
    library->device = status.st_dev, library->number = status.st_ino;
    libraries_count++;
  }
}

unsigned la_version(unsigned version) {
  const char *name = getenv("TORCH_EXACT_PROCESSOR"), *path = getenv("TORCH_EXACT_INSTRUCTIONS");
  if (!name || !path) end(3, "emulated_cpu: TORCH_EXACT_PROCESSOR and TORCH_EXACT_INSTRUCTIONS are not both set\n");
  shown = processor_named(name);
  if (!shown && strcmp(name, "host")) end(3, "emulated_cpu: there is no processor %s\n", name);
  const char *lacking = shown ? processor_lacks(shown) : 0;
  if (lacking) end(4, "this processor has no %s, so it cannot run as %s\n", lacking, name);
  if (make_writable((unsigned char *)overwrite)) end(4, "code cannot be overwritten here, to run as %s\n", name);
  find_libraries(contents(path));
  reached = getenv("TORCH_EXACT_REACHED");
  struct sigaction action = {.sa_sigaction = on_illegal, .sa_flags = SA_SIGINFO | SA_NODEFER | SA_ONSTACK};
  sigaction(SIGILL, &action, 0);
  return version < LAV_CURRENT ? version : LAV_CURRENT;
}
