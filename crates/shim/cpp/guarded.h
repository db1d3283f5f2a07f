// Every function of the shim hands what C++ throws back as text, through `error`: a string of
// malloc's that the caller frees, null for success.

#pragma once

#include <c10/util/Exception.h>

#include <cstring>
#include <exception>

template <typename Body>
void guarded(char** error, Body body) {
  *error = nullptr;
  try {
    body();
  } catch (const c10::Error& e) {
    *error = strdup(e.what_without_backtrace());
  } catch (const std::exception& e) {
    *error = strdup(e.what());
  } catch (...) {
    *error = strdup("an unknown C++ exception");
  }
}
