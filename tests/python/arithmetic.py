"""Results that depend on the processor, as bits, in the arithmetic that this Python was started with."""

import torch

torch.set_num_threads(1)
torch.manual_seed(5)
for dtype in (torch.float32, torch.float64):
    x, a, b = (torch.rand(size, dtype=dtype) + 0.5 for size in ([300], [5, 3], [3, 2]))
    m = torch.rand([70, 70], dtype=dtype)
    for result in (x.sqrt(), x.exp(), x.tan(), x.log(), x.tanh(), a @ b, m @ m, torch.linalg.inv(m)):
        print(result.contiguous().numpy().tobytes().hex())
