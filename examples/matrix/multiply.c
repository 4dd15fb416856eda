// One task: two matrices that follow from TENDER_SEED, multiplied on an NVIDIA card. The product goes to product.f32, row by row.
// The card's driver (libcuda.so.1) comes from the host, so that nothing of CUDA is needed to build this.
#include <dlfcn.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

typedef unsigned long long Pointer; // on the card

static int (*init)(unsigned flags);
static int (*device_get)(int *device, int index);
static int (*device_name)(char *name, int bytes, int device);
static int (*context_retain)(void **context, int device);
static int (*context_set)(void *context);
static int (*context_wait)(void);
static int (*module_load)(void **module, const void *image);
static int (*module_function)(void **function, void *module, const char *name);
static int (*memory_take)(Pointer *pointer, size_t bytes);
static int (*copy_there)(Pointer to, const void *from, size_t bytes);
static int (*copy_back)(void *to, Pointer from, size_t bytes);
static int (*launch)(void *function, unsigned blocks_x, unsigned blocks_y, unsigned blocks_z, unsigned x, unsigned y,
                     unsigned z, unsigned shared_bytes, void *stream, void **parameters, void **extra);
static int (*error_text)(int error, const char **text);

static const struct {
  const char *name;
  void *place;
} functions[] = {
    {"cuInit", &init},
    {"cuDeviceGet", &device_get},
    {"cuDeviceGetName", &device_name},
    {"cuDevicePrimaryCtxRetain", &context_retain},
    {"cuCtxSetCurrent", &context_set},
    {"cuCtxSynchronize", &context_wait},
    {"cuModuleLoadData", &module_load},
    {"cuModuleGetFunction", &module_function},
    {"cuMemAlloc_v2", &memory_take},
    {"cuMemcpyHtoD_v2", &copy_there},
    {"cuMemcpyDtoH_v2", &copy_back},
    {"cuLaunchKernel", &launch},
    {"cuGetErrorString", &error_text},
};

// The text of multiply.ptx, and a zero behind it.
__asm__(".section .rodata\nkernel_text:\n.incbin \"multiply.ptx\"\n.byte 0\n.text\n");
extern const char kernel_text[];

#define BLOCK 16

static void fail(const char *what, const char *why) {
  fprintf(stderr, "%s: %s\n", what, why);
  exit(1);
}

static void check(const char *what, int error) {
  const char *text = "unknown error";
  if (error == 0) return;
  error_text(error, &text);
  fail(what, text);
}

static void load_driver(void) {
  void *library = dlopen("libcuda.so.1", RTLD_NOW);
  if (!library) fail("no NVIDIA driver", dlerror());
  for (size_t i = 0; i < sizeof functions / sizeof *functions; i++) {
    void *found = dlsym(library, functions[i].name);
    if (!found) fail("the driver is too old", functions[i].name);
    memcpy(functions[i].place, &found, sizeof found);
  }
}

static void *load_kernel(void) {
  int device;
  char name[128] = "";
  void *context, *module, *function;
  check("no card", init(0));
  check("no card", device_get(&device, 0));
  check("its name", device_name(name, sizeof name, device));
  // In the log, not in the output: validators have other cards.
  printf("on %s\n", name);
  check("a context", context_retain(&context, device));
  check("a context", context_set(context));
  check("the kernel", module_load(&module, kernel_text));
  check("the kernel", module_function(&function, module, "multiply"));
  return function;
}

static const char *variable(const char *name) {
  const char *value = getenv(name);
  if (!value) fail(name, "is not set");
  return value;
}

// Numbers from -1 up to 1 (xorshift64*), the same for everybody who has the seed.
static void fill(float *matrix, size_t count, uint64_t *state) {
  for (size_t i = 0; i < count; i++) {
    *state ^= *state >> 12;
    *state ^= *state << 25;
    *state ^= *state >> 27;
    matrix[i] = (float)((*state * 0x2545f4914f6cdd1dull) >> 40) / 8388608.0f - 1.0f;
  }
}

static Pointer on_card(size_t bytes) {
  Pointer pointer;
  check("memory of the card", memory_take(&pointer, bytes));
  return pointer;
}

int main(void) {
  unsigned n = (unsigned)strtoul(variable("SIZE"), NULL, 10);
  char digits[17] = "";
  char path[4096];
  size_t count = (size_t)n * n, bytes = count * sizeof(float);
  float *a = malloc(bytes), *b = malloc(bytes), *c = malloc(bytes);
  if (n == 0 || n > 16384 || !a || !b || !c) fail("SIZE", "must be from 1 to 16384, and fit into memory");
  strncpy(digits, variable("TENDER_SEED") + 2, 16);
  uint64_t state = strtoull(digits, NULL, 16) | 1;
  fill(a, count, &state);
  fill(b, count, &state);

  load_driver();
  void *function = load_kernel();
  Pointer card_a = on_card(bytes), card_b = on_card(bytes), card_c = on_card(bytes);
  check("a copy", copy_there(card_a, a, bytes));
  check("a copy", copy_there(card_b, b, bytes));
  unsigned blocks = (n + BLOCK - 1) / BLOCK;
  void *parameters[] = {&card_a, &card_b, &card_c, &n};
  check("the start", launch(function, blocks, blocks, 1, BLOCK, BLOCK, 1, 0, NULL, parameters, NULL));
  check("the multiplication", context_wait());
  check("a copy", copy_back(c, card_c, bytes));

  snprintf(path, sizeof path, "%s/product.f32", variable("TENDER_OUTPUT"));
  FILE *file = fopen(path, "wb");
  if (!file || fwrite(c, 1, bytes, file) != bytes || fclose(file)) fail(path, "cannot be written");
  return 0;
}
