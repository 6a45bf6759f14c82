"""What needs TensorFlow: building, training, pruning and converting networks.

Nothing outside imports this folder at module level. TensorFlow reads the settings below when it is
imported, so they are made here, before any module of this folder can import it; what the user has
set already stays.
"""

import os

SETTINGS = {
    # Kernels of oneDNN train 2.5 to 5 times faster on x86-64 without being the default everywhere.
    "TF_ENABLE_ONEDNN_OPTS": "1",
    # Networks are built with tf_keras; the rest of TensorFlow has to mean the same Keras.
    "TF_USE_LEGACY_KERAS": "1",
    # Errors only: the start-up notes would fill the screen of every child process.
    "TF_CPP_MIN_LOG_LEVEL": "2",
    # No GPU is used: looking for one costs time and prints warnings.
    "CUDA_VISIBLE_DEVICES": "-1",
}
"""Environment variables that TensorFlow runs with here."""

for _name, _value in SETTINGS.items():
    os.environ.setdefault(_name, _value)
