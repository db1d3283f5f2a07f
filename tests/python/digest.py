"""Tensors in one number, as `digest` of tests/common has it."""

import hashlib

import torch


def digest(tensors):
    """The tensors' dtypes, shapes and bits."""
    total = hashlib.sha256()
    for tensor in tensors:
        if tensor is None:
            total.update(b"none;")
            continue
        tensor = tensor.detach()
        if tensor.is_sparse:
            tensor = tensor.to_dense()
        total.update(f"{str(tensor.dtype).removeprefix('torch.')}{list(tensor.shape)};".encode())
        flat = tensor.reshape(-1).clone(memory_format=torch.contiguous_format)
        total.update(flat.view(torch.uint8).numpy().tobytes())
    return total.hexdigest()
