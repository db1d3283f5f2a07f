import sys
import threading

import torch

torch.set_num_threads(1)
torch.manual_seed(0)
x = torch.randn(64, 64)


def work(number):
    y = x * (number + 1)
    for _ in range(200):
        y = torch.tanh(y @ x)
    if str(number) in sys.argv:
        y = y * 2


threads = [threading.Thread(target=work, args=(number,)) for number in range(4)]
for thread in threads:
    thread.start()
for thread in threads:
    thread.join()
