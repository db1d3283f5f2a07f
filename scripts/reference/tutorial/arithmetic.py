"""Chooses the arithmetic that a Python with PyTorch computes with. The Rust module `torch_exact::arithmetic` mirrors it.

The last bits of many results depend on the processor: MKL, ATen and oneDNN choose their code by its vendor and its
instructions. Before the first operation:

    import arithmetic
    arithmetic.set("portable")

or, without a change to a script:

    python arithmetic.py portable script.py --its --flags

    native      the machine's own, as the environment has it: PyTorch's default
    portable    the same bits on every x86-64 processor with AVX2
    compatible  MKL's branch COMPATIBLE, which is also what it computes with on AMD's processors
    avx2        that of an Intel processor with AVX2
    avx512      that of an Intel processor with AVX-512

This file needs nothing but PyTorch: copy it to where it is wanted.
"""

import ctypes
import mmap
import os
import runpy
import sys
from pathlib import Path

# What ATen and oneDNN read, and MKL's branch as mkl_cbwr_set takes it and as MKL_CBWR names it.
AVX2 = {"ATEN_CPU_CAPABILITY": "avx2", "ONEDNN_MAX_CPU_ISA": "AVX2"}
STRICT = 0x10000
CHOICES = {
    "native": ({}, None, None),
    "portable": (AVX2, 10 | STRICT, "AVX2,STRICT"),
    "compatible": (AVX2, 3, "COMPATIBLE"),
    "avx2": (AVX2, 10, "AVX2"),
    "avx512": ({}, None, None),
}
AS_INTEL = ("portable", "avx2", "avx512")

# The functions of MKL that ATen calls and whose code for AVX2 begins with RCPPS or RSQRTPS, whose last bits are each
# vendor's own. In a function's table of versions, six for each of three accuracies, portable arithmetic takes the one
# for processors with SSE4.2 instead, which divides as IEEE 754 says; square roots are the processor's, which are too.
APPROXIMATE = "dAcos dAsin dAtan dLn dLog10 dLog2 dSqrt sAcos sAsin sAtan sLog10 sLog2 sSqrt sTan".split()
SSE42, WITH_AVX2 = 7, 9

_chosen = None


class Unavailable(RuntimeError):
    """An arithmetic that cannot be had; the message says why."""


class Overruled(Unavailable):
    """The environment asks for another one, which stands."""


def is_available(name: str) -> bool:
    """Whether this processor has what the arithmetic takes."""
    import torch

    # What ATen asks for.
    takes = ["avx2", "fma3"]
    if name == "avx512":
        takes += ["avx512_f", "avx512_vl", "avx512_bw", "avx512_dq"]
    has = torch.cpu.get_capabilities()
    return name == "native" or all(has.get(instruction) for instruction in takes)


def set(name: str) -> None:
    """Computes with this arithmetic from now on.

    Raises Unavailable for an unknown name, where the processor or this libtorch does not have it, after another
    was set, and after MKL has begun to compute; Overruled where a variable of the environment asks for another.
    """
    global _chosen
    if name not in CHOICES:
        raise Unavailable(f"`{name}` is not an arithmetic; there are {', '.join(CHOICES)}")
    if _chosen not in (None, name):
        raise Unavailable(f"the arithmetic is {_chosen} already, and a process has one")
    variables, branch, value = CHOICES[name]
    if name == "native":
        _chosen = name
        return
    import torch

    if not is_available(name):
        raise Unavailable(f"this processor does not have {'AVX-512' if name == 'avx512' else 'AVX2'}")
    for variable in ("MKL_CBWR", *AVX2):
        found, wanted = os.environ.get(variable), (variables | {"MKL_CBWR": value}).get(variable)
        if found and (wanted is None or found.upper() != wanted.upper()):
            raise Overruled(f"the environment has {variable}={found}, and {name} takes {wanted or 'none'}")
    os.environ.update(variables)
    if variables and torch.backends.cpu.get_cpu_capability() != "AVX2":
        raise Unavailable(TOO_LATE)
    library = ctypes.CDLL(str(Path(torch.__file__).parent / "lib/libtorch_cpu.so"))
    if not hasattr(library, "mkl_serv_cbwr_set"):
        raise Unavailable("this libtorch was built without MKL")
    answer, tables = _kept_answer(library), [_table(library, function) for function in APPROXIMATE]
    cholesky = _kept_cholesky(library)
    if answer is None or cholesky is None or None in tables:
        raise Unavailable("this libtorch has an MKL whose insides are not known")
    if answer.value >= 0:
        is_so = name not in AS_INTEL or answer.value == 1
        is_so = is_so and (branch is None or library.mkl_serv_cbwr_get(-1) == branch)
        logarithm = tables[APPROXIMATE.index("dLn")]
        if not is_so or name == "portable" and logarithm[SSE42] != logarithm[WITH_AVX2]:
            raise Unavailable(TOO_LATE)
    else:
        if name in AS_INTEL:
            answer.value = 1
        if branch is not None and library.mkl_serv_cbwr_set(branch) != 0:
            answer.value = -1
            raise Unavailable(f"MKL does not take the branch {value}")
        if name == "portable":
            cholesky.value, square_roots = _machine_code(library)
            for function, table in zip(APPROXIMATE, tables):
                table[WITH_AVX2] = square_roots.get(function, table[SSE42])
    _chosen = name


TOO_LATE = "libtorch has computed already: the arithmetic is chosen before the first operation"


def _kept_answer(library):
    """Where MKL keeps whether the processor is Intel's, -1 before it has asked."""
    # mov OFFSET(%rip), %eax; test %eax, %eax; js
    return _kept(library.mkl_serv_intel_cpu_true, 0, b"\x8b\x05", b"\x85\xc0\x78", ctypes.c_int)


def _kept_cholesky(library):
    """Where MKL keeps which code it has chosen for the decomposition of up to 16 rows of float32."""
    # mov OFFSET(%rip), %rax; test %rax, %rax; je
    small = library.mkl_lapack_ps_spotrf_small
    return _kept(small, 11, b"\x48\x8b\x05", b"\x48\x85\xc0\x74", ctypes.c_void_p)


def _kept(function, start, load, test, kind):
    """The variable that a function loads and tests at its start; None if its code is another."""
    address = ctypes.cast(function, ctypes.c_void_p).value + start
    offset = address + len(load)
    if ctypes.string_at(address, len(load)) != load or ctypes.string_at(offset + 4, len(test)) != test:
        return None
    return kind.from_address(offset + 4 + ctypes.c_int.from_address(offset).value)


def _machine_code(library):
    """MKL's Cholesky decompositions of one triangle, which do without RSQRTSS, under one address; and square roots."""
    lower, upper = (
        ctypes.cast(function, ctypes.c_void_p).value.to_bytes(8, "little")
        for function in (library.mkl_lapack_ps_spotrf_l_small, library.mkl_lapack_ps_spotrf_u_small)
    )
    # movzbl (%rdi), %eax; and $0xdf, %al; cmp $'U', %al; mov $lower, %rax; mov $upper, %r10; cmove %r10, %rax; jmp *%rax
    cholesky = bytes.fromhex("0fb607 24df 3c55 48b8") + lower + b"\x49\xba" + upper + bytes.fromhex("490f44c2 ffe0")
    # test %edi, %edi; jle 2f; movslq %edi, %rcx; xor %eax, %eax
    # 1: sqrtss (%rsi,%rax,4), %xmm0; movss %xmm0, (%rdx,%rax,4); inc %rax; cmp %rcx, %rax; jl 1b; 2: ret
    loop = "85ff 7e17 4863cf 31c0 {0}0f5104{1} {0}0f1104{2} 48ffc0 4839c8 7cee c3"
    parts = [cholesky, bytes.fromhex(loop.format("f3", "86", "82")), bytes.fromhex(loop.format("f2", "c6", "c2"))]
    _pages.append(mmap.mmap(-1, 64 * len(parts), prot=mmap.PROT_READ | mmap.PROT_WRITE | mmap.PROT_EXEC))
    _pages[0].write(b"".join(part.ljust(64, b"\xcc") for part in parts))
    start = ctypes.addressof(ctypes.c_char.from_buffer(_pages[0]))
    return start, {"sSqrt": start + 64, "dSqrt": start + 128}


_pages = []  # never to be freed


def _table(library, function):
    try:
        return (ctypes.c_void_p * 18).in_dll(library, f"mkl_vml_kernel_{function}_ttab")
    except ValueError:
        return None


def main() -> None:
    if len(sys.argv) < 3 or sys.argv[1] not in CHOICES:
        sys.exit(f"usage: python {sys.argv[0]} {'|'.join(CHOICES)} SCRIPT [its arguments]")
    name, script = sys.argv[1:3]
    try:
        set(name)
    except Overruled as error:
        print(f"arithmetic: {error}", file=sys.stderr)
    except Unavailable as error:
        sys.exit(f"error: {error}")
    sys.argv = sys.argv[2:]
    # As Python starts a script: its own folder comes first among those that modules are found in.
    sys.path[0] = str(Path(script).resolve().parent)
    sys.modules["arithmetic"] = sys.modules["__main__"]
    runpy.run_path(script, run_name="__main__")


if __name__ == "__main__":
    main()
