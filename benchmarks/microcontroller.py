"""How many instructions a picture takes on a microcontroller: the C export, in float and int8.

    apt install gcc-arm-none-eabi libnewlib-arm-none-eabi qemu-system-arm
    simplecell train mnist --net lenet5 --out runs/first
    python benchmarks/microcontroller.py runs/first

The header and its test program are compiled for the Cortex-M4 and M7 and run by QEMU, which counts
instructions. The ten pictures of the test program are answered first; who is wrong is not counted.
Instructions are no cycles: a Cortex-M4 takes one cycle or more for each, and a Cortex-M7 begins up
to two at once. The milliseconds are those of one instruction a cycle at the clock that is named.
"""

import argparse
import subprocess
import sys
import tempfile
from pathlib import Path

BOARD = Path(__file__).parent / "board"
BOARDS = {
    "Cortex-M4": ("mps2-an386", "cortex-m4", "fpv4-sp-d16", 168),
    "Cortex-M7": ("mps2-an500", "cortex-m7", "fpv5-sp-d16", 216),
}
"""QEMU's board, GCC's processor and floating-point unit, and a usual clock in MHz."""
LEVELS = ("-Os", "-O2", "-O3")


def ran(*command: object) -> str:
    """Run a program; end with what it says where it fails."""
    done = subprocess.run([str(word) for word in command], capture_output=True, text=True)
    if done.returncode:
        sys.exit(f"{command[0]} ended with {done.returncode}: {done.stdout}{done.stderr}")
    return done.stdout + done.stderr


def counted(folder: Path, board: str, level: str) -> int:
    """Compile and run; give the instructions of a picture."""
    machine, processor, unit, _ = BOARDS[board]
    told = [f"-mcpu={processor}", "-mthumb", f"-mfpu={unit}", "-mfloat-abi=hard", level]
    told += ["-std=c99", "-Wall", "-Wextra", '-DTEST="net_test.c"', f"-I{folder}"]
    program = folder / "net.elf"
    sources = (BOARD / "count.c", BOARD / "board.c")
    ran("arm-none-eabi-gcc", *told, *sources, "-nostartfiles", "-T", BOARD / "board.ld",
        "-o", program, "-lm", "--specs=rdimon.specs")  # fmt: skip
    qemu = ("qemu-system-arm", "-M", machine, "-icount", "shift=0", "-nographic")
    said = ran(*qemu, "-semihosting", "-kernel", program)
    return int(said.split("instructions ")[1].split()[0])


def main() -> None:
    """Count for each board, each way and each level of the compiler."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("run", help="a run folder, or a model file")
    told = parser.parse_args()
    print("| processor | | compiled with | instructions | milliseconds | for a multiply-add |")
    print("|---|---|---|---|---|---|")
    for way in ("float", "int8"):
        with tempfile.TemporaryDirectory() as place:
            folder = Path(place)
            options = ["--test", *(["--int8"] if way == "int8" else [])]
            said = ran(sys.executable, "-m", "simplecell", "export", told.run, folder / "net.h",
                       *options)  # fmt: skip
            adds = int(said.split(" multiply-adds")[0].split()[-1].replace(",", ""))
            for board, (_, _, _, clock) in BOARDS.items():
                for level in LEVELS:
                    count = counted(folder, board, level)
                    print(
                        f"| {board}, {clock} MHz | {way} | `{level}` | {count:,} |"
                        f" {count / clock / 1000:.1f} | {count / adds:.1f} |", flush=True
                    )  # fmt: skip


if __name__ == "__main__":
    main()
