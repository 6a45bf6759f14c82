import re
import shutil
import subprocess

import pytest
from hypothesis import given
from hypothesis import strategies as st

from measurements import c_array


@given(st.text(min_size=1))
def test_any_name_makes_a_c_identifier(name):
    assert re.fullmatch(r"[A-Za-z][A-Za-z0-9_]*", c_array.identifier(name))


@given(st.binary(min_size=1, max_size=100))
def test_the_array_holds_the_bytes(content):
    words = re.findall(r"0x([0-9a-f]{2}),", c_array.source("m", content))
    assert bytes(int(word, 16) for word in words) == content


def test_a_compiler_takes_it_and_the_program_has_the_bytes(tmp_path):
    compiler = shutil.which("c++") or shutil.which("g++") or shutil.which("clang++")
    if compiler is None:
        pytest.skip("no C++ compiler")
    content = bytes(range(256)) * 3 + b"TFL3"
    (tmp_path / "my_net.h").write_text(c_array.header("my-net", content))
    (tmp_path / "my_net.cc").write_text(c_array.source("my-net", content))
    (tmp_path / "main.cc").write_text(
        '#include <cstdio>\n#include <cstdint>\n#include "my_net.h"\n'
        "int main() {\n"
        "  if (reinterpret_cast<std::uintptr_t>(my_net) % 16) return 2;\n"
        "  return std::fwrite(my_net, 1, my_net_size, stdout) != my_net_size;\n}\n"
    )
    command = [compiler, "-std=c++17", "my_net.cc", "main.cc", "-o", "program"]
    subprocess.run(command, cwd=tmp_path, check=True)
    ended = subprocess.run([tmp_path / "program"], capture_output=True, check=True)
    assert ended.stdout == content
