"""Converts float32 values to every dtype and prints the bits, one JSON object a dtype; for `scripts/try-upgrade`.

The values are all that bfloat16 has, and so every power of two, infinities, NaNs and what overflows each dtype among them.
"""

import json

import torch


def values() -> torch.Tensor:
    return torch.arange(-(2**15), 2**15, dtype=torch.int32).to(torch.int16).view(torch.bfloat16).float()


def floats() -> list[torch.dtype]:
    """Every floating dtype that this PyTorch has."""
    found = {value for value in vars(torch).values() if isinstance(value, torch.dtype) and value.is_floating_point}
    return sorted(found, key=str)


def main():
    for dtype in floats():
        name = str(dtype).removeprefix("torch.")
        try:
            converted = values().to(dtype)
        except (NotImplementedError, RuntimeError) as error:
            print(json.dumps({"name": "from float32", "dtype": name, "error": str(error).splitlines()[0]}))
            continue
        bits = converted.view(torch.uint8).numpy().tobytes().hex()
        print(json.dumps({"name": "from float32", "dtype": name, "bits": bits}))


main()
