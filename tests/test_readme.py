"""The README does what it says: its Python blocks, its commands and the make targets it names.

A ```` ```python ```` block runs in a fresh process; where a ```` ```text ```` block follows directly, its
text is what must be printed. In ```` ```console ```` blocks the lines `$ polyunroll …` are run by the shell,
in one temporary folder a block, and must print what stands below them, where anything does.
"""

from __future__ import annotations

import os
import re
import shlex
import subprocess
import sys
import sysconfig
from dataclasses import dataclass, field
from pathlib import Path

import pytest

ROOT = Path(__file__).resolve().parent.parent
README = ROOT / "README.md"
LIMIT = 600  # seconds


@dataclass
class Block:
    """A fenced block; `gap` is the text between the end of the block before it and its own start."""

    language: str
    line: int
    gap: str
    lines: list[str] = field(default_factory=list)

    @property
    def text(self) -> str:
        return "".join(f"{line}\n" for line in self.lines)


@dataclass
class Command:
    line: str
    output: str = ""


def fenced_blocks(markdown: str) -> list[Block]:
    blocks: list[Block] = []
    gap: list[str] = []
    fence = ""
    for number, line in enumerate(markdown.splitlines(), start=1):
        mark = re.match(r"(`{3,}|~{3,})\s*([\w-]*)", line)
        if fence:
            if line.rstrip().startswith(fence) and not line.strip().strip(fence[0]):
                fence = ""
            else:
                blocks[-1].lines.append(line)
        elif mark:
            fence = mark[1]
            blocks.append(Block(mark[2], number, "\n".join(gap)))
            gap = []
        else:
            gap.append(line)
    return blocks


def python_examples(blocks: list[Block]) -> list[tuple[Block, str | None]]:
    """Each Python block with what it must print, None where the README does not say."""
    followers: list[Block | None] = [*blocks, None][1:]
    return [
        (block, after.text if after and after.language == "text" and not after.gap.strip() else None)
        for block, after in zip(blocks, followers, strict=True)
        if block.language == "python"
    ]


def commands(block: Block) -> list[Command]:
    """The commands of a console block; a line that ends in a backslash goes on in the next one."""
    found: list[Command] = []
    open_command = False
    for line in block.lines:
        if open_command:
            found[-1].line += "\n" + line.removeprefix("> ")
        elif line.startswith("$ "):
            found.append(Command(line.removeprefix("$ ")))
        elif found:
            found[-1].output += line + "\n"
            continue
        open_command = bool(found) and found[-1].line.endswith("\\")
    return found


BLOCKS = fenced_blocks(README.read_text(encoding="utf-8")) if README.exists() else []
CONSOLES = [block for block in BLOCKS if block.language == "console"]


def run(args: list[str], folder: Path) -> str:
    """Run a command in a folder without a screen, and give back what it printed."""
    scripts = sysconfig.get_path("scripts")
    env = os.environ | {
        "PATH": os.pathsep.join([scripts, os.environ.get("PATH", os.defpath)]),
        "MPLBACKEND": "Agg",
        "PYTHONIOENCODING": "utf-8",
        "COLUMNS": "100",
        "NO_COLOR": "1",
    }
    done = subprocess.run(
        args,
        cwd=folder,
        env=env,
        stdin=subprocess.DEVNULL,
        capture_output=True,
        text=True,
        encoding="utf-8",
        timeout=LIMIT,
        check=False,
    )
    assert done.returncode == 0, f"exit status {done.returncode}\n{done.stdout}\n{done.stderr}"
    return done.stdout


def at_line(block: Block) -> str:
    return f"line{block.line}"


def test_there_is_a_readme_with_a_python_example() -> None:
    assert README.exists()
    assert python_examples(BLOCKS)


@pytest.mark.parametrize(
    ("block", "expected"),
    [pytest.param(*example, id=at_line(example[0])) for example in python_examples(BLOCKS)],
)
def test_python_block(block: Block, expected: str | None, tmp_path: Path) -> None:
    script = tmp_path / "readme_example.py"
    script.write_text(block.text, encoding="utf-8")
    printed = run([sys.executable, script.name], tmp_path)
    if expected is not None:
        assert printed.rstrip("\n") == expected.rstrip("\n")


@pytest.mark.parametrize("block", CONSOLES, ids=at_line)
def test_commands_of_console_block(block: Block, tmp_path: Path) -> None:
    for command in commands(block):
        if shlex.split(command.line)[:1] != ["polyunroll"]:
            continue
        printed = run(["sh", "-c", command.line], tmp_path)
        if command.output.strip():
            assert printed.rstrip("\n") == command.output.rstrip("\n"), command.line


@pytest.mark.parametrize("block", CONSOLES, ids=at_line)
def test_make_targets_of_console_block(block: Block) -> None:
    makefile = (ROOT / "Makefile").read_text(encoding="utf-8")
    targets = set(re.findall(r"^([a-z][a-z-]*):(?!=)", makefile, flags=re.MULTILINE))
    for command in commands(block):
        words = shlex.split(command.line, comments=True)
        if words[:1] == ["make"]:
            named = {word for word in words[1:] if not word.startswith("-") and "=" not in word}
            assert named <= targets, f"`{command.line}`: the Makefile has no {sorted(named - targets)}"


def test_the_parser_reads_blocks_gaps_and_commands() -> None:
    markdown = """\
Words.
```python
print(1)
```

```text
1
```
```console
$ polyunroll bound \\
>   chebyshev
first

second
$ make test
```
```python
pass
```
Words between.
```text
not its output
```
"""
    blocks = fenced_blocks(markdown)
    assert [block.language for block in blocks] == ["python", "text", "console", "python", "text"]
    assert [expected for _, expected in python_examples(blocks)] == ["1\n", None]
    first, second = commands(blocks[2])
    assert shlex.split(first.line.replace("\\\n", " ")) == ["polyunroll", "bound", "chebyshev"]
    assert first.output == "first\n\nsecond\n"
    assert (second.line, second.output) == ("make test", "")
