"""Runs programs under callgrind and reads what it counted.

Valgrind cannot read the debug information that the compiler writes (DWARF 5), so programs are run
as a copy without any; names of functions stay. Standard library only.
"""
import os
import re
import shutil
import subprocess
import sys

# The C library's functions that give memory.
ALLOCATING = ("malloc", "calloc", "realloc", "posix_memalign", "aligned_alloc")
NAME = re.compile(r"c?fn=\((\d+)\)(?: (.*))?")


def need(*tools):
    """Ends the script when a program that it needs is missing."""
    for tool in tools:
        if not shutil.which(tool):
            sys.exit(f"{os.path.basename(sys.argv[0])}: '{tool}' is missing: "
                     "apt-get install valgrind binutils")


def stripped(program, folder):
    """The path of a copy of `program` that valgrind can read."""
    copy = os.path.join(folder, os.path.basename(program))
    subprocess.run(["strip", "-g", "-o", copy, program], check=True)
    return copy


def command(words, report):
    """The command line that runs `words` and writes what was counted to `report` at its end."""
    return ["valgrind", "--quiet", "--tool=callgrind", f"--callgrind-out-file={report}", *words]


class Counts:
    """User-space instructions of a whole run, all threads, and how often functions were called."""

    def __init__(self, report):
        self.instructions, self.calls = 0, {}
        names, callee = {}, None
        with open(report, encoding="utf-8", errors="replace") as lines:
            for line in lines:
                if line.startswith(("fn=", "cfn=")):
                    number, name = NAME.match(line).groups()
                    if name is not None:
                        names[number] = name
                    if line[0] == "c":
                        callee = names[number]
                elif line.startswith("calls="):
                    # "calls=COUNT PLACE", of the function that the last "cfn=" named.
                    count = int(line[6:].split()[0])
                    self.calls[callee] = self.calls.get(callee, 0) + count
                elif line.startswith(("summary: ", "totals: ")):
                    self.instructions = int(line.split()[1])
        if not self.instructions:
            raise ValueError(f"{report} holds no counts")

    def allocations(self):
        return sum(self.calls.get(name, 0) for name in ALLOCATING)

    def frees(self):
        return self.calls.get("free", 0)
