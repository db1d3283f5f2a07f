// Writing JSON, no more of it than the recorder needs.

#pragma once

#include <charconv>
#include <cmath>
#include <cstdint>
#include <string>
#include <string_view>

namespace recorder {

inline void append(std::string& out, int64_t value) {
  char digits[24];
  out.append(digits, std::to_chars(digits, digits + sizeof digits, value).ptr);
}

// In the fewest digits that read back as the same number; what JSON has no number for, as text.
inline void append(std::string& out, double value) {
  if (!std::isfinite(value)) {
    out += std::isnan(value) ? "\"nan\"" : value > 0 ? "\"inf\"" : "\"-inf\"";
    return;
  }
  char digits[40];
  out.append(digits, std::to_chars(digits, digits + sizeof digits, value).ptr);
}

inline void append_hex(std::string& out, uint64_t value, int digits = 16) {
  for (int shift = 4 * digits - 4; shift >= 0; shift -= 4) {
    out += "0123456789abcdef"[value >> shift & 15];
  }
}

inline void append_text(std::string& out, std::string_view text) {
  out += '"';
  for (unsigned char c : text) {
    if (c == '"' || c == '\\') {
      out += '\\';
      out += static_cast<char>(c);
    } else if (c < 0x20) {
      out += "\\u00";
      append_hex(out, c, 2);
    } else {
      out += static_cast<char>(c);
    }
  }
  out += '"';
}

}  // namespace recorder
