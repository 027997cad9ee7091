"""The reason why a program failed is found in its output, for programs of any kind."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from studio_tui.failures.printed_lines import printed_lines
from studio_tui.failures.reason import ending
from tests.waiting import no_hang

FRAME = '  File "/job/train.py", line 41, in <module>\n    main()\n'
TRACE = f"Traceback (most recent call last):\n{FRAME}"
"""A Python traceback up to the line of the exception."""
CAUSED = "\nThe above exception was the direct cause of the following exception:\n\n"
DURING = "\nDuring handling of the above exception, another exception occurred:\n\n"


def summary(*fields: str) -> str:
    """Return the end of the output of torchrun if a worker failed."""
    return (
        "E1005 08:00:02.000000 99 torch/distributed/elastic/api.py:874] failed (exitcode: 1)\n"
        f"{TRACE}torch.distributed.elastic.multiprocessing.errors.ChildFailedError: \n"
        + "=" * 60
        + "\ntrain.py FAILED\n"
        + "-" * 60
        + "\nFailures:\n  <NO_OTHER_FAILURES>\n"
        + "-" * 60
        + "\nRoot Cause (first observed failure):\n[0]:\n"
        + "".join(f"  {field}\n" for field in fields)
        + "=" * 60
        + "\n"
    )


def by_rank(rank: int, text: str) -> str:
    """Return output of one worker of torchrun, which begins each line with the rank."""
    return "".join(f"[rank{rank}]: {line}\n" for line in text.splitlines())


FIELDS = ("time      : 2026-10-05_08:00:02", "host      : node-a")
NO_TRACEBACK = "traceback : To enable traceback see: https://pytorch.org/docs/stable/elastic/"

FAILURES = {
    # An exception that was raised from another, or while another was handled.
    f"{TRACE}KeyError: 'x'\n{CAUSED}{TRACE}RuntimeError: step 3": (
        "RuntimeError: step 3 (caused by KeyError: 'x')"
    ),
    f"{TRACE}a.E: 1\n{CAUSED}{TRACE}b.F: 2\n{CAUSED}{TRACE}c.G: 3": "c.G: 3 (caused by a.E: 1)",
    f"{TRACE}KeyError: 'x'\n{CAUSED}{TRACE}RuntimeError: step 3\n{CAUSED}{TRACE}SystemExit: 1": (
        "RuntimeError: step 3 (caused by KeyError: 'x')"
    ),
    f"{TRACE}KeyError: 'x'\n{DURING}{TRACE}config.Missing: no x": "config.Missing: no x",
    f"{TRACE}OSError: away\n{DURING}{TRACE}SystemExit: 1": "OSError: away",
    # The output ends within the traceback of the last exception.
    f"{TRACE}KeyError: 'x'\n{DURING}{TRACE}": (
        "exception in <module> (train.py, line 41), whose traceback is cut off"
        " (after KeyError: 'x')"
    ),
    f"{TRACE}KeyError: 'x'\n{CAUSED}{TRACE}RuntimeError: step 3\n{CAUSED}": (
        "exception, whose traceback is cut off (after RuntimeError: step 3 (caused by KeyError:"
        " 'x'))"
    ),
    # Exceptions of several lines.
    f"{TRACE}RuntimeError: Error(s) in loading state_dict for Net:\n\tMissing key: a\n\tsize b": (
        "RuntimeError: Error(s) in loading state_dict for Net: Missing key: a; size b"
    ),
    f"{TRACE}AssertionError: \n\nNot equal to tolerance rtol=1e-07": (
        "AssertionError: Not equal to tolerance rtol=1e-07"
    ),
    f"{TRACE}sqlalchemy.exc.OperationalError: (sqlite3.OperationalError) no such table: x\n"
    "[SQL: select 1]\n(Background on this error at: https://sqlalche.me/e/20/e3q8)": (
        "sqlalchemy.exc.OperationalError: (sqlite3.OperationalError) no such table: x;"
        " [SQL: select 1]; (Background on this error at: https://sqlalche.me/e/20/e3q8)"
    ),
    f"{TRACE}ValidationError: 2 validation errors for M\na\n  Input should be an integer\nb\n  x": (
        "ValidationError: 2 validation errors for M; a: Input should be an integer"
    ),
    f"{TRACE}RuntimeError: CUDA error: device-side assert\nCUDA kernel errors might be late\n"
    "Compile with `TORCH_USE_CUDA_DSA` to enable": "RuntimeError: CUDA error: device-side assert",
    # Exceptions of another process.
    f"{TRACE}RuntimeError: Caught ValueError in DataLoader worker process 0.\n"
    f"Original {TRACE}ValueError: bad shard 3\n": (
        "ValueError: bad shard 3"
        " (raised as RuntimeError: Caught ValueError in DataLoader worker process 0.)"
    ),
    f"{TRACE}ray.exceptions.RayTaskError(ValueError): \x1b[36mray::f()\x1b[39m (pid=47)\n"
    f"{FRAME}ValueError: bad shard": "ValueError: bad shard",
    'concurrent.futures.process._RemoteTraceback: \n"""\n'
    f'{TRACE}ValueError: no\n"""\n{CAUSED}{TRACE}ValueError: no': "ValueError: no",
    f"{TRACE}torch.multiprocessing.spawn.ProcessRaisedException: \n\n"
    f"-- Process 1 terminated with the following error:\n{TRACE}ValueError: deep\n": (
        "ValueError: deep"
    ),
    f"{TRACE}ValueError: of the child\n{TRACE}subprocess.CalledProcessError: x failed.": (
        "ValueError: of the child"
    ),
    # torchrun.
    by_rank(1, f"{TRACE}torch.OutOfMemoryError: CUDA out of memory. Tried 2.00 GiB.")
    + summary(*FIELDS, "rank      : 1 (local_rank: 1)", "exitcode  : 1 (pid: 101)", NO_TRACEBACK): (
        "torch.OutOfMemoryError: CUDA out of memory. Tried 2.00 GiB. (rank 1 on node-a)"
    ),
    by_rank(0, f"{TRACE}NCCLError: timed out")
    + by_rank(3, f"{TRACE}ValueError: bad shard")
    + by_rank(1, f"{TRACE}NCCLError: timed out")
    + summary(*FIELDS, "rank      : 3 (local_rank: 1)", "exitcode  : 1 (pid: 1)", NO_TRACEBACK): (
        "ValueError: bad shard (rank 3 on node-a)"
    ),
    summary(*FIELDS, "rank      : 2 (local_rank: 2)", "exitcode  : -9 (pid: 7)",
            "traceback : Signal 9 (SIGKILL) received by PID 7"): (
        "rank 2 on node-a ended with exit code -9 (SIGKILL, often out of memory)"
    ),
    summary(*FIELDS, "rank      : 0 (local_rank: 0)", "exitcode  : 3 (pid: 7)", NO_TRACEBACK): (
        "rank 0 on node-a ended with exit code 3"
    ),
    summary(*FIELDS, "rank      : 0 (local_rank: 0)", "exitcode  : 1 (pid: 7)",
            "traceback : Traceback (most recent call last):",
            '  File "/lib/errors/__init__.py", line 346, in wrapper',
            "    return f(*args, **kwargs)", "ValueError: recorded"): (
        "ValueError: recorded (rank 0 on node-a)"
    ),
    # Syntax errors.
    '  File "/job/query.py", line 3\n    rows = [1, 2, 3\n           ^\n'
    "SyntaxError: '[' was never closed": "SyntaxError: '[' was never closed (query.py, line 3)",
    '  File "a.py", line 2\n    x = 2\nIndentationError: unexpected indent\n': (
        "IndentationError: unexpected indent (a.py, line 2)"
    ),
    f'{TRACE}  File "/job/b.py", line 1\n    def f(:\n          ^\nSyntaxError: invalid syntax': (
        "SyntaxError: invalid syntax (b.py, line 1)"
    ),
    # Exceptions that were logged.
    "2026-01-02 03:04:05.678 | ERROR    | __main__:<module>:5 - step failed\n"
    'Traceback (most recent call last):\n\n> File "/job/a.py", line 3, in <module>\n'
    "    {}['k']\n\nKeyError: 'k'": "KeyError: 'k'",
    "[08:00:01] ERROR    attempt failed            a.py:9\n"
    "                    ╭───── Traceback (most recent call last) ─────╮\n"
    "                    │ a.py:5 in <module>                          │\n"
    "                    ╰─────────────────────────────────────────────╯\n"
    "                    ZeroDivisionError: by zero": "ZeroDivisionError: by zero",
    "".join(f"2026-01-02 03:04:05,678 - train - ERROR - {line}\n" for line in
            f"{TRACE}ValueError: logged line by line".splitlines()): (
        "ValueError: logged line by line"
    ),
    # Output that launchers, libraries and the interpreter add below the exception.
    f"{TRACE}ValueError: x\nmake: *** [Makefile:3: all] Error 1": "ValueError: x",
    f"{TRACE}ValueError: x\nsrun: error: node-a: task 1: Exited with exit code 1": "ValueError: x",
    f"{TRACE}ValueError: x\nException ignored in: <function D.__del__ at 0x7f>\n"
    f"{TRACE}AttributeError: 'NoneType' object has no attribute 'close'": "ValueError: x",
    f"{TRACE}ValueError: x\nwandb: Run history:\nwandb: loss 0.1": "ValueError: x",
    f"{TRACE}ValueError: x\n/usr/lib/resource_tracker.py:254: UserWarning: resource_tracker: There"
    " appear to be 1 leaked semaphore objects\n  warnings.warn('resource_tracker: x')": (
        "ValueError: x"
    ),
    f"{TRACE}ValueError: x\nClosing connection pool\nShutting down 4 workers\n": "ValueError: x",
    f"{TRACE}OSError: full\n 51%|█████     | 51/100 [00:00<00:00, 98.52it/s]": "OSError: full",
    # Other languages and tools.
    "thread 'main' (48213) panicked at src/shard.rs:41:17:\nindex out of bounds\n"
    "stack backtrace:\n   0: __rustc::rust_begin_unwind\n             at /rustc/lib.rs:697:5\n"
    "note: run with `RUST_BACKTRACE=full` environment variable": (
        "panicked: index out of bounds (src/shard.rs:41:17)"
    ),
    "thread 'main' panicked at 'no shard', src/main.rs:2:5\n": (
        "panicked: no shard (src/main.rs:2:5)"
    ),
    "panic: runtime error: index out of range [3] with length 3\n\ngoroutine 1 [running]:\n"
    "main.main()\n\t/tmp/x.go:5 +0x1d\nexit status 2": (
        "panic: runtime error: index out of range [3] with length 3"
    ),
    'Exception in thread "main" java.lang.IllegalStateException: outer\n'
    "    at com.foo.Bar.run(Bar.java:12)\nCaused by: java.io.IOException: broken pipe\n"
    "    at com.foo.Io.read(Io.java:9)\n    ... 2 more": (
        "java.lang.IllegalStateException: outer (caused by java.io.IOException: broken pipe)"
    ),
    "/srv/x.js:1\nthrow new TypeError('x')\n^\n\nTypeError: bad shard 3\n"
    "    at f (/srv/x.js:1:21)\n    at node:internal/main/run_main_module:28:49\n\nNode.js v20": (
        "TypeError: bad shard 3"
    ),
    "  throw err;\n  ^\n\nError: Cannot find module './nothere'\nRequire stack:\n- /srv/x.js\n"
    "    at Module._load (node:internal/modules/cjs/loader:1038:27) {\n"
    "  code: 'MODULE_NOT_FOUND',\n  requireStack: [ '/srv/x.js' ]\n}\n\nNode.js v20.20.2": (
        "Error: Cannot find module './nothere'"
    ),
    'error[E0308]: mismatched types\n --> src/main.rs:2:18\n  |\n2 |     let x: i32 = "a";\n\n'
    "For more information about this error, try `rustc --explain E0308`.\n"
    'error: could not compile `x` (bin "x") due to 1 previous error': (
        "error[E0308]: mismatched types (src/main.rs:2:18)"
    ),
    "=== short test summary info ===\nFAILED test_a.py::test_b - assert 1 == 2\n"
    "FAILED test_a.py::test_c - ValueError: boom\n=== 2 failed, 1 passed in 0.03s ===": (
        "test_a.py::test_b failed: assert 1 == 2 (2 failed, 1 passed in 0.03s)"
    ),
    "  × No solution found when resolving dependencies:\n  ╰─▶ Because a was not found and you\n"
    "      require a, we can conclude that your requirements are unsatisfiable.\n": (
        "No solution found when resolving dependencies: Because a was not found and you require a,"
        " we can conclude that your requirements are unsatisfiable."
    ),
    f"2026-10-05 08:00:01 INFO begins\n{TRACE}ValueError: x": "ValueError: x",
    # DataChain runs a UDF with `parallel` or `workers` in another process, and prints how that
    # process ended.
    f"{TRACE}datachain.lib.udf.UdfRunError: RuntimeError: bad row 30\n"
    f"{TRACE}RuntimeError: UDF Execution Failed! Exit code: 1": (
        "datachain.lib.udf.UdfRunError: RuntimeError: bad row 30"
    ),
    f"{TRACE}RuntimeError: Worker Worker-UDF-1 exited unexpectedly with code -9\n"
    f"{TRACE}RuntimeError: UDF Execution Failed! Exit code: 1": (
        "RuntimeError: Worker Worker-UDF-1 exited unexpectedly with code -9"
    ),
    f"ERROR:root:failed\n{TRACE}OSError: away\nINFO:root:mirror 2 answered\n"
    f"{TRACE}RuntimeError: ffmpeg failed with exit code 1": (
        "RuntimeError: ffmpeg failed with exit code 1"
    ),
    # An exception of a task that nobody awaited did not end the program, nor did messages that
    # libraries add at the end.
    f"{TRACE}RuntimeError: boom\nTask exception was never retrieved\n"
    f"future: <Task finished name='Task-2'>\n{TRACE}ValueError: x": "RuntimeError: boom",
    f"{TRACE}ValueError: x\nUnclosed client session\nclient_session: <aiohttp.ClientSession>": (
        "ValueError: x"
    ),
    f"{TRACE}TypeError: shapes (2,), (3,)\n--------------------\nFor simplicity, JAX has removed"
    " its internal frames from the traceback of the following exception.": "TypeError: shapes"
    " (2,), (3,)",
    "Fatal Python error: Segmentation fault\n\nCurrent thread 0x00007f (most recent call first):\n"
    '  File "/job/seg.py", line 1 in <module>': "Fatal Python error: Segmentation fault",
}  # fmt: skip
"""Outputs that end with a failure, and the failure."""

LAST_MESSAGES = {
    # The program continued after an exception that was handled.
    f"ERROR:root:failed\n{TRACE}OSError: away\nINFO:root:mirror 2 answered\nno row": "no row",
    f"2026-01-02 03:04:05 ERROR x: failed\n{TRACE}OSError: away\nnothing to do": "nothing to do",
    f"{TRACE}OSError: away\ntrying the next mirror\n{TRACE}OSError: away\ntrying the next mirror\n"
    "no mirror left": "no mirror left",
    f"Exception in thread Thread-1 (f):\n{TRACE}ValueError: in a thread\nworker died": (
        "worker died"
    ),
    f"{TRACE}OSError: away\n" + "".join(f"step {n}\n" for n in range(40)) + "no rows": "no rows",
    f"Exception in callback f()\nhandle: <Handle f()>\n{TRACE}ValueError: x\nno heartbeat for"
    " 30 s": (
        "no heartbeat for 30 s"
    ),
    # Lines, stack frames and boxes are not messages.
    "=" * 60 + "\nno such bucket\n" + "=" * 60: "no such bucket",
    "==== no such bucket ====\n----\n****\n____": "no such bucket",
    'no such bucket\n  File "a.py", line 3, in f\n    at com.foo.Bar(Bar.java:12)\n  ^^^^': (
        "no such bucket"
    ),
    "Usage: x.py [OPTIONS] N\nTry 'x.py --help' for help.\n╭─ Error ─────────────╮\n"
    "│ Invalid value for 'N': 'abc' is not a     │\n│ valid integer.    │\n╰─────────────╯": (
        "Invalid value for 'N': 'abc' is not a valid integer."
    ),
    "+-----------+\n| no bucket |\n+-----------+": "no bucket",
    "npm error code ENOENT\nnpm error enoent Could not read package.json\nnpm error A complete log"
    " of this run can be found in: /root/x.log": "npm error enoent Could not read package.json",
    "ERROR: no such package\n\n[notice] To update, run: pip install --upgrade pip": (
        "ERROR: no such package"
    ),
    "preparing\nquery.sh: line 3:  8069 Killed                  python train.py": (
        "query.sh: line 3:  8069 Killed                  python train.py"
    ),
    "docker: Error response from daemon: denied.\nSee 'docker run --help'.": (
        "docker: Error response from daemon: denied."
    ),
    f"{TRACE}TimeoutError\nretrying in 5 s\n{TRACE}TimeoutError\nretrying in 10 s\ngiving up": (
        "giving up"
    ),
    "no bucket\n 45%|████▌     | 45/100 [00:12<00:15,  3.6it/s]": "no bucket",
    "\r 45%|████▌     | 45/100 [00:12<00:15,  3.6it/s]": (
        "45%|████▌     | 45/100 [00:12<00:15,  3.6it/s]"
    ),
    "no bucket\nmake: *** [Makefile:3: all] Error 1": "no bucket",
    "make: *** [Makefile:3: all] Error 1": "make: *** [Makefile:3: all] Error 1",
    '{"level": "error", "message": "no\\nbucket"}': "no bucket",
    '{"@l": "Error", "MessageTemplate": "upload failed"}': "upload failed",
    # Other interpreters: neither the stack nor their very last lines are the message.
    "Error in library(dplyrr) : there is no package called ‘dplyrr’\nCalls: main\nExecution"
    " halted": (
        "Error in library(dplyrr) : there is no package called ‘dplyrr’"
    ),
    "a.rb:3:in `f': undefined method `foo' for nil (NoMethodError)\n\tfrom a.rb:6:in `<main>'": (
        "a.rb:3:in `f': undefined method `foo' for nil (NoMethodError)"
    ),
    "ERROR: LoadError: UndefVarError: `x` not defined\nStacktrace:\n [1] top-level scope\n"
    "   @ ~/a.jl:1\nin expression starting at /root/a.jl:1": (
        "ERROR: LoadError: UndefVarError: `x` not defined"
    ),
    "Unhandled exception. System.IO.FileNotFoundException: Could not find file '/data/x'.\n"
    "File name: '/data/x'\n   at System.IO.FileStream..ctor(String path)\n   at Program.Main()": (
        "Unhandled exception. System.IO.FileNotFoundException: Could not find file '/data/x'."
    ),
    "Can't locate Foo.pm in @INC at a.pl line 1.\nBEGIN failed--compilation aborted at a.pl"
    " line 1.": (
        "Can't locate Foo.pm in @INC at a.pl line 1."
    ),
    "lua: a.lua:1: attempt to index a nil value\nstack traceback:\n\ta.lua:1: in main chunk\n"
    "\t[C]: in ?": "lua: a.lua:1: attempt to index a nil value",
    "PHP Fatal error:  Uncaught Exception: no rows in /app/a.php:3\nStack trace:\n#0 {main}\n"
    "  thrown in /app/a.php on line 3": (
        "PHP Fatal error:  Uncaught Exception: no rows in /app/a.php:3"
    ),
    "run.sh: line 9: syntax error near unexpected token `fi'\nrun.sh: line 9: `fi'": (
        "run.sh: line 9: syntax error near unexpected token `fi'"
    ),
    "\x1b[2K\x1b[1Gresolving\x1b[2K\x1b[1Gresolved": "resolved",
    "": "",
}  # fmt: skip
"""Outputs without a failure, and the last message in each."""

TOOLS = {
    "Cloning...\nfatal: Could not read from remote repository.\n\nPlease make sure you have"
    " the correct access rights\nand the repository exists.": (
        "", "fatal: Could not read from remote repository."
    ),
    "gzip: stdin: unexpected end of file\ntar: Child returned status 1\ntar: Error is not"
    " recoverable: exiting now": ("", "gzip: stdin: unexpected end of file"),
    "a.cc:3:1: error: expected ';' before '}' token\nninja: build stopped: subcommand failed.": (
        "", "a.cc:3:1: error: expected ';' before '}' token"
    ),
    "/usr/bin/ld: a.o: undefined reference to `foo'\ncollect2: error: ld returned 1 exit status": (
        "", "/usr/bin/ld: a.o: undefined reference to `foo'"
    ),
    "a.c:3:5: error: 'x' undeclared\n    3 |     x = 1;\n      |     ^\na.c:3:5: note: each one is"
    " reported only once": ("", "a.c:3:5: error: 'x' undeclared"),
    "a.py:3: error: Name 'x' is not defined\nFound 1 error in 1 file (checked 1 source file)": (
        "", "a.py:3: error: Name 'x' is not defined"
    ),
    "[ERROR] /a/B.java:[3,5] ';' expected\n[ERROR] \n[ERROR] -> [Help 1]\n[ERROR] [Help 1] x": (
        "", "[ERROR] /a/B.java:[3,5] ';' expected"
    ),
    "08:00:00    Error in model x\n  no table y\n08:00:00\n08:00:00  Done. PASS=1 ERROR=1": (
        "", "no table y"
    ),
    "ERROR: failed to pull data\nIs your cache up to date?\n<https://error.dvc.org/x>": (
        "ERROR: failed to pull data", "Is your cache up to date?"
    ),
    "╷\n│ Error: Invalid reference\n│\n│ A reference must be followed by\n│ a name.\n╵": (
        "Error: Invalid reference", "a name."
    ),
    "PackagesNotFoundError: not in these channels:\n\n  - foo\n\nand use the search bar.": (
        "PackagesNotFoundError: not in these channels:", "and use the search bar."
    ),
    'psql:a.sql:3: ERROR:  relation "x" does not exist\nLINE 1: select * from x\n           ^': (
        'psql:a.sql:3: ERROR:  relation "x" does not exist', "LINE 1: select * from x"
    ),
    # The reason is above a record that is no error, or above a closing message.
    "01:02:03 ERROR root no route to db:5432\n01:02:04 INFO root cleaning up": (
        "01:02:03 ERROR root no route to db:5432", ""
    ),
    f"[2026-01-02 03:04:05] ERROR - failed\n{TRACE}KeyError: 'x'\n[2026-01-02 03:04:06] INFO - the"
    " task is marked as failed": ("KeyError: 'x'", ""),
    "2026-01-02 03:04:05 ERROR a: shard 3 failed\n2026-01-02 03:04:06 INFO a: shard 4 done": (
        "2026-01-02 03:04:05 ERROR a: shard 3 failed", "2026-01-02 03:04:06 INFO a: shard 4 done"
    ),
    "cp: error writing '/out/x': No space left on device\ndone.": (
        "cp: error writing '/out/x': No space left on device", ""
    ),
    "✖ training diverged: loss is NaN\n[10:00:02] saved logs to ./logs": (
        "training diverged: loss is NaN", "[10:00:02] saved logs to ./logs"
    ),
    'fatal: [gpu7]: FAILED! => {"msg": "x"}\n\nPLAY RECAP ***\ngpu7  : ok=1  skipped=0': (
        "", 'fatal: [gpu7]: FAILED! => {"msg": "x"}'
    ),
    "npm ERR! code ERESOLVE\nnpm ERR! ERESOLVE no tree\nnpm ERR!\nnpm ERR! Found: react@18.2.0": (
        "", "npm ERR! ERESOLVE no tree"
    ),
    "step\nslurmstepd: error: *** STEP 1.0 DUE TO TIME LIMIT ***\nsrun: error: n1: Killed": (
        "", "slurmstepd: error: *** STEP 1.0 DUE TO TIME LIMIT ***"
    ),
    "ssh: connect to host gpu7 port 22: Connection refused\nrsync: connection unexpectedly closed"
    " (0 bytes)\nrsync error: unexplained error (code 255)": (
        "", "ssh: connect to host gpu7 port 22: Connection refused"
    ),
    "FAILURE: Build failed.\n\n* What went wrong:\nExecution failed for task ':x'."
    "\n> See the compiler.\n\n* Try:\n> Run with --info option\n1 actionable task: 1 executed": (
        "Execution failed for task ':x'.", "> See the compiler."
    ),
    'CMake Error at CMakeLists.txt:3 (find_package):\n  No such package\n\nSee also "/b/x.log".': (
        "CMake Error at CMakeLists.txt:3 (find_package): No such package", ""
    ),
    # An error after which the program continued is not the reason.
    "ERROR: mirror 1 is away\ntrying the next\nno mirror left": ("", "no mirror left"),
    "ERROR:root:x\nINFO:root:y\nnothing to do": ("", "nothing to do"),
    "Error: away\n" + "".join(f"step {n}\n" for n in range(40)) + "no rows": ("", "no rows"),
}  # fmt: skip
"""Outputs of tools that end with advice or a closing message: the failure and the last message."""


@pytest.mark.parametrize("output", TOOLS)
def test_the_reason_is_the_error_of_a_tool_and_not_the_advice_below_it(output: str) -> None:
    reason = ending(printed_lines(output))
    assert (reason.failure, reason.last_message) == TOOLS[output]


@pytest.mark.parametrize("output", FAILURES)
def test_the_failure_that_ended_a_program_is_found(output: str) -> None:
    assert ending(printed_lines(output)) == (FAILURES[output], "", False)


# The name of a container would be in front of the rank, which is also the origin of a line.
@pytest.mark.parametrize("output", [output for output in FAILURES if "[rank" not in output])
def test_a_failure_is_found_behind_the_name_of_a_container(output: str) -> None:
    lines = [f"web_1  | {line}" for line in printed_lines(f"begins\n{output}")]
    assert ending(lines).failure == FAILURES[output]


@pytest.mark.parametrize("output", LAST_MESSAGES)
def test_the_last_message_is_found_in_output_without_a_failure(output: str) -> None:
    reason = ending(printed_lines(output))
    assert (reason.failure, reason.last_message) == ("", LAST_MESSAGES[output])


def test_a_traceback_below_a_log_record_that_is_no_error_is_a_failure() -> None:
    lines = printed_lines(f"INFO:root:begins\n{TRACE}AssertionError\nsee the manual\n")
    assert ending(lines) == ("AssertionError", "see the manual", False)


def test_the_last_paragraph_of_a_message_is_the_last_message() -> None:
    lines = printed_lines(f"{TRACE}jsonschema.ValidationError: no\n\nOn instance['lr']:\n    'x'")
    assert ending(lines) == ("jsonschema.ValidationError: no", "'x'", False)


def test_a_traceback_on_the_line_of_a_progress_bar_is_a_failure() -> None:
    progress_bar = "shingling: 99%|██▉| 860/863 [00:46<00:00, 18.31it/s]"
    lines = printed_lines(f"{progress_bar}{TRACE}KeyError: 'x'\nsaved 860 rows\n")
    assert ending(lines) == ("KeyError: 'x'", "saved 860 rows", False)


def test_interleaved_tracebacks_are_separated_by_rank() -> None:
    lines = []
    for number, text in enumerate(f"{TRACE}ValueError: of rank".splitlines()):
        lines += [f"[rank{rank}]: {text}{rank if number == 3 else ''}" for rank in (0, 1)]
    assert ending(lines).failure == "ValueError: of rank1"


OUTPUT_LINES = st.sampled_from(
    [line for output in [*FAILURES, *LAST_MESSAGES] for line in printed_lines(output)]
)


@given(st.lists(OUTPUT_LINES | st.text(max_size=20), max_size=30))
def test_the_reason_is_a_single_line_for_any_output(texts: list[str]) -> None:
    reason = ending([line for text in texts for line in printed_lines(text)])
    assert "\n" not in reason.failure + reason.last_message


@pytest.mark.parametrize("name", ["ValueError", "SystemExit"])
def test_the_reason_is_found_in_a_chain_of_any_length(name: str) -> None:
    head = "Traceback (most recent call last):"
    chain = f"{CAUSED.strip()}\n".join(f"{head}\n{name}: {n}\n" for n in range(1300))
    assert ending(chain.splitlines()).failure.startswith(f"{name}: ")


@pytest.mark.parametrize(
    "text",
    ["a." * 8000, "(" * 16_384, " " * 16_384, "=" * 16_384, "| " * 8000, "1, " * 5000,
     "Error: " * 2000, 'File "' * 2500, "[rank" * 3000,
     "Traceback (most recent call last):\n" * 500,
     "X: y\nOriginal Traceback (most recent call last):\n" * 300,
     "ray.RayTaskError(X): y\n  x\n" * 600,
     "make: *** x\n" * 1300, "{" * 16_384, "Root Cause (first observed failure):\n" * 400,
     "panic: x\n" * 1800, "FAILED a\n=== 1 failed in 1s ===\n" * 500,
     "100%|█" * 5000],
)  # fmt: skip
def test_hostile_output_is_read_in_little_time(text: str) -> None:
    with no_hang("the search for the reason of a failure"):
        for output in (
            text,
            f"Traceback (most recent call last):\n  x\n{text}",
            f"ValueError: {text}",
        ):
            ending(printed_lines(output))
