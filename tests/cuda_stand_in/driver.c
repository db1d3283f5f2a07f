// The driver's functions that the choice of a device and ATen ask; built as libcuda.so.1.
#include <stdlib.h>
#include <string.h>

static int number_of(const char *variable, int otherwise) {
  const char *text = getenv(variable);
  return text ? atoi(text) : otherwise;
}

static int gpus(void) {
  const char *visible = getenv("CUDA_VISIBLE_DEVICES");
  return visible && !*visible ? 0 : number_of("STAND_IN_GPUS", 1);
}

int cuInit(unsigned flags) { return gpus() ? 0 : 100; }
int cuDriverGetVersion(int *version) { return *version = number_of("STAND_IN_DRIVER", 13000), 0; }
int cuDeviceGetCount(int *count) { return *count = gpus(), 0; }
int cuDeviceGet(int *handle, int device) { return *handle = device, 0; }
int cuDeviceGetName(char *name, int size, int handle) { return strcpy(name, "Test GPU"), 0; }
int cuGetErrorName(int error, const char **name) { return *name = "CUDA_ERROR_OF_THE_STAND_IN", 0; }
int cuGetErrorString(int error, const char **text) { return *text = "an error of the stand-in", 0; }
int cuDevicePrimaryCtxGetState(int device, unsigned *flags, int *active) { return *flags = 0, *active = 1, 0; }
int cuDevicePrimaryCtxRetain(void **context, int device) { return *context = (void *)16, 0; }
int cuCtxGetCurrent(void **context) { return *context = (void *)16, 0; }
int cuCtxSetCurrent(void *context) { return 0; }
int cuPointerGetAttribute(void *data, int attribute, unsigned long address) { return 1; }
