"""Loads the recorder into a Python that imports torch, and then the sitecustomize that this one hides."""

import importlib.machinery
import os
import sys

HERE = os.path.dirname(os.path.abspath(__file__))
RECORDING = os.environ.get("PARITY_RECORDING")


class AfterTorch:
    """A finder that lets the others find torch and adds a step to its import."""

    is_asking = False

    @classmethod
    def find_spec(cls, name, path=None, target=None):
        if name != "torch" or cls.is_asking:
            return None
        cls.is_asking = True
        try:
            spec = importlib.util.find_spec(name)
        finally:
            cls.is_asking = False
        if spec is not None and spec.loader is not None:
            execute = spec.loader.exec_module

            def exec_module(module):
                execute(module)
                # A program may ask where torch is and import it later, or never.
                sys.meta_path.remove(AfterTorch)
                load_recorder(module)

            spec.loader.exec_module = exec_module
        return spec


def load_recorder(torch):
    import contextlib
    import ctypes
    import functools
    import sysconfig

    find_recorder = ctypes.CDLL(None).parity_find_recorder
    find_recorder.restype = ctypes.c_char_p
    if not (path := find_recorder()):
        return
    try:
        # With the GIL held: it guards what the recorder knows of Python's files.
        recorder = ctypes.PyDLL(os.fsdecode(path))
    except OSError as error:
        with open(os.path.join(RECORDING, "refused"), "w") as file:
            file.write(f"{error}\n")
        return
    folders = {sysconfig.get_path(name) for name in ("stdlib", "platstdlib", "purelib", "platlib")}
    for folder in [HERE, os.path.dirname(torch.__file__), *filter(None, folders)]:
        recorder.parity_recorder_library(os.path.join(folder, "").encode())

    from torch import _guards, _tensor_str

    @contextlib.contextmanager
    def paused():
        recorder.parity_recorder_pause(1)
        try:
            yield
        finally:
            recorder.parity_recorder_pause(-1)

    # Formatting a tensor calls dozens of operators.
    _tensor_str._str = paused()(_tensor_str._str)

    # So does compiling, and others where it finds what was compiled before.
    unwrapped = _guards.compile_context

    @contextlib.contextmanager
    def compile_context(context):
        with paused(), unwrapped(context) as entered:
            yield entered
        if "torch._inductor.compile_fx" in sys.modules:
            from torch._inductor.codecache import cache_dir

            recorder.parity_recorder_generated(os.path.join(cache_dir(), "").encode())

    _guards.compile_context = functools.wraps(unwrapped)(compile_context)


def run_hidden():
    """Runs the sitecustomize that would have been imported without this one."""
    sys.path[:] = [folder for folder in sys.path if os.path.abspath(folder or ".") != HERE]
    spec = importlib.machinery.PathFinder.find_spec("sitecustomize", sys.path)
    if spec is not None and spec.loader is not None:
        module = importlib.util.module_from_spec(spec)
        sys.modules["sitecustomize"] = module
        spec.loader.exec_module(module)


import importlib.util  # noqa: E402

if RECORDING:
    sys.meta_path.insert(0, AfterTorch)
run_hidden()
