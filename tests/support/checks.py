"""What a test checks: each check that fails is told at once, the rest goes on, and its exit code tells in the end."""
import sys

failures = 0


def check(good, words):
    global failures
    if not good:
        failures += 1
        print("FAIL:", words)


def told(what, good, said=""):
    """As check(), for tests that tell what holds, too. said: what was seen, printed when it does not."""
    global failures
    print(("ok    " if good else "WRONG ") + what, flush=True)
    if not good:
        failures += 1
        print(said)


def finish(well="ok"):
    """Leaves with 0 when no check failed, else with 1. well: what is printed then."""
    print(f"{failures} failure(s)" if failures else well)
    sys.exit(1 if failures else 0)
