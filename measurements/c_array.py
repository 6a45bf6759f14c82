"""A file as a C array, for TensorFlow Lite Micro: there the model is part of the program."""

from __future__ import annotations

import re

ALIGNMENT = 16
"""Bytes; TensorFlow Lite Micro reads the flatbuffer in place."""
_PER_LINE = 12


def identifier(name: str) -> str:
    """A C identifier out of any name."""
    word = re.sub(r"\W", "_", name, flags=re.ASCII)
    return word if word[:1].isalpha() else f"model_{word}"


def header(name: str, content: bytes) -> str:
    """The .h that declares the array.

    Args:
        name: of the model.
        content: the .tflite.
    """
    symbol = identifier(name)
    guard = f"{symbol.upper()}_H_"
    return (
        f"#ifndef {guard}\n#define {guard}\n\n"
        f"constexpr unsigned int {symbol}_size = {len(content)};\n"
        f"extern const unsigned char {symbol}[{len(content)}];\n\n"
        f"#endif  // {guard}\n"
    )


def source(name: str, content: bytes) -> str:
    """The .cc that defines it; its header is `identifier(name).h`."""
    symbol = identifier(name)
    rows = [content[i : i + _PER_LINE] for i in range(0, len(content), _PER_LINE)]
    body = "\n".join(f"    {', '.join(f'0x{byte:02x}' for byte in row)}," for row in rows)
    return (
        f'#include "{symbol}.h"\n\n'
        f"alignas({ALIGNMENT}) const unsigned char {symbol}[{len(content)}] = {{\n{body}\n}};\n"
    )
