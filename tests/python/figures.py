"""Draws the figures of every reference with matplotlib and prints the digest of each one's pixels."""

import hashlib
import json
import subprocess
import sys
import tempfile
from pathlib import Path

import matplotlib
import numpy as np
from matplotlib import image

REFERENCES = Path(__file__).resolve().parents[2] / "scripts/reference"
# In the order in which the references draw them.
FIGURES = {
    "creating_a_model": ["fit", "losses"],
    "simple_linear_regression": ["data", "fit"],
    "generated_data": ["data", "first_line", "fitted_line", "losses"],
    "hello_pytorch": [
        "data_split",
        "model_0_first_predictions",
        "model_0_losses",
        "model_0_last_predictions",
        "model_2layer_first_predictions",
        "model_2layer_losses",
        "model_2layer_last_predictions",
    ],
    "gradient_descent": ["fit", "losses"],
}


def main():
    count = 0
    for name, stems in FIGURES.items():
        with tempfile.TemporaryDirectory() as folder:
            flags = ["--device", "cpu", "--quiet", "--figures", folder]
            command = [sys.executable, REFERENCES / f"{name}.py", *flags]
            subprocess.run(command, check=True, stdout=subprocess.DEVNULL)
            drawn = {path.stem for path in Path(folder).iterdir()}
            assert drawn == set(stems), f"{name} draws {drawn}"
            for stem in stems:
                rgba = np.round(image.imread(Path(folder, f"{stem}.png")) * 255).astype(np.uint8)
                assert (rgba[:, :, 3] == 255).all()
                height, width, _ = rgba.shape
                digest = hashlib.sha256(np.ascontiguousarray(rgba[:, :, :3]).tobytes()).hexdigest()
                golden = {"figure": f"{name}/{stem}", "matplotlib": matplotlib.__version__}
                print(json.dumps(golden | {"size": [width, height], "sha256": digest}))
                count += 1
    print(json.dumps({"end": count}))


main()
