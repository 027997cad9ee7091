"""The level of a line is what its program wrote, in any format, and not a word in a sentence."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from studio_tui.presentation.logs.level_scan import candidate_lines
from studio_tui.presentation.logs.levels import LogLevel, parse_level
from studio_tui.presentation.logs.line_levels import level_of
from studio_tui.presentation.logs.lines import styled_line
from tests.waiting import no_hang

STAMP = "2026-01-02 03:04:05"
DEBUG, INFO, WARNING, ERROR, CRITICAL = LogLevel

LINES = [
    # Python: logging, loguru, structlog, absl, celery, airflow, uvicorn, rich, jupyter, warnings
    ("WARNING:root:disk is nearly full", WARNING),
    ("ERROR:my.module:no such file", ERROR),
    ("CRITICAL:root:gone", CRITICAL),
    ("DEBUG:asyncio:Using selector: EpollSelector", DEBUG),
    (f"{STAMP},678 - name - ERROR - msg", ERROR),
    (f"{STAMP},678 - my.module - INFO - 0 errors", INFO),
    (f"{STAMP},678 ERROR my.module msg", ERROR),
    (f"{STAMP},678-ERROR-msg", ERROR),
    (f"[{STAMP},678][WARNING][worker] slow", WARNING),
    (f"{STAMP}.678 | ERROR    | __main__:main:12 - msg", ERROR),
    (f"{STAMP}.678 | SUCCESS  | __main__:main:12 - done", INFO),
    (f"{STAMP} [error    ] request failed                 code=500", ERROR),
    (f"{STAMP} [info     ] error_rate is fine             value=1", INFO),
    (f"[{STAMP},678: ERROR/MainProcess] Task foo raised unexpected", ERROR),
    (f"[{STAMP},678: WARNING/ForkPoolWorker-1] hello", WARNING),
    ("[2026-01-02, 03:04:05 UTC] {taskinstance.py:1824} ERROR - Task failed", ERROR),
    ("[2026-01-02T03:04:05.678+0000] {local.py:104} INFO - Task exited with return code 1", INFO),
    ('INFO:     127.0.0.1:5000 - "GET /error HTTP/1.1" 200 OK', INFO),
    ("ERROR:    Exception in ASGI application", ERROR),
    ("[03:04:05] ERROR    cannot read                              main.py:12", ERROR),
    ("           WARNING  slow                                     main.py:13", WARNING),
    ("[E 2026-01-02 03:04:05.678 ServerApp] Uncaught exception", ERROR),
    ("[W 03:04:05.678 NotebookApp] No web browser", WARNING),
    ("[I 260102 03:04:05 web:1971] 200 GET /", INFO),
    ("/srv/app/main.py:12: DeprecationWarning: error() is deprecated", WARNING),
    ("/srv/app/main.py:12: UserWarning: loss is NaN", WARNING),
    ("UserWarning: loss is NaN", WARNING),
    ("ERROR tests/test_a.py - ImportError: no module", ERROR),
    ("FAILED tests/test_a.py::test_x - assert 1 == 2", ERROR),
    ("ERROR: Could not find a version that satisfies the requirement x", ERROR),
    ("Traceback (most recent call last):", ERROR),
    ("  + Exception Group Traceback (most recent call last):", ERROR),
    ("[rank0]: Traceback (most recent call last):", ERROR),
    (f"{STAMP} INFO Traceback (most recent call last):", ERROR),
    ("ValueError: invalid literal for int() with base 10: 'x'", ERROR),
    ("torch.OutOfMemoryError: CUDA out of memory. Tried to allocate 2.00 GiB", ERROR),
    ("[rank3]: torch.distributed.DistBackendError: NCCL error in: x.cpp:1", ERROR),
    ("botocore.exceptions.ClientError: An error occurred (403)", ERROR),
    ("json.decoder.JSONDecodeError: Expecting value: line 1 column 1 (char 0)", ERROR),
    ("Exception: boom", ERROR),
    ("AssertionError", ERROR),
    ("KeyboardInterrupt", ERROR),
    ("KeyError: 12", None),  # as a metric; in a traceback it is the traceback that is found
    ("KeyError: 'x'", ERROR),
    ("FileNotFoundError: [Errno 2] No such file or directory: 'x'", ERROR),
    ("Fatal Python error: Segmentation fault", ERROR),
    # glog, absl, TensorFlow, PyTorch, NCCL, Ray, MPI, srun
    ("E0102 12:00:00.123456   140 file.cc:12] failed", ERROR),
    ("W0102 12:00:00.123456 140 torch/run.py:793] OMP_NUM_THREADS", WARNING),
    ("I0102 12:00:00.123456   140 file.cc:12] 0 errors", INFO),
    ("F0102 12:00:00.123456   140 file.cc:12] Check failed", CRITICAL),
    ("[rank0]:E0102 12:00:00.123 140 torch/run.py:1] failed", ERROR),
    ("[rank0]:[W102 12:00:00.123 ProcessGroupNCCL.cpp:1] Warning: x", WARNING),
    ("[E ProcessGroupNCCL.cpp:414] Some NCCL operations have failed", ERROR),
    (f"{STAMP}.678901: E tensorflow/stream/cuda.cc:265] failed call to cuInit", ERROR),
    (f"{STAMP}.678901: W tensorflow/core/x.cc:265] low memory", WARNING),
    ("node-1:123:456 [0] NCCL WARN Call to connect failed", WARNING),
    ("node-1:123:456 [0] NCCL INFO Bootstrap", INFO),
    (f"(train_fn pid=123, ip=10.0.0.1) {STAMP},678 ERROR worker.py:400 -- Unhandled", ERROR),
    ("(pid=12) ValueError: x", ERROR),
    ("[1,0]<stderr>:ValueError: x", ERROR),
    ("3: ValueError: x", ERROR),
    # services and shells
    ('2026-01-02 03:04:05.678 UTC [123] ERROR:  relation "x" does not exist', ERROR),
    ("2026-01-02 03:04:05.678 UTC [123] FATAL:  password authentication failed", CRITICAL),
    ("2026/01/02 03:04:05 [error] 123#0: *1 open() failed", ERROR),
    ("[Fri Jan 02 03:04:05.678 2026] [core:error] [pid 1] AH00124", ERROR),
    ("Jan  2 03:04:05 host app[123]: ERROR: cannot bind", ERROR),
    ("Jan  2 03:04:05 host kernel: [ERROR] x", ERROR),
    ("<3>systemd says no", ERROR),
    ("<4>careful", WARNING),
    ("<34>1 2026-01-02T03:04:05Z host su - ID47 - failed", CRITICAL),
    ("web_1  | ERROR: x", ERROR),
    ("2026-01-02T03:04:05.678901Z stderr F ERROR x", ERROR),
    ("ERROR 1045 (28000): Access denied for user", ERROR),
    ("fatal: not a git repository", CRITICAL),
    ("E: Unable to locate package foo", ERROR),
    ("W: Some index files failed to download", WARNING),
    ("Segmentation fault (core dumped)", ERROR),
    ("make: *** [Makefile:3: all] Error 1", ERROR),
    ("Killed", ERROR),
    # compilers and build tools
    ("error: linker `cc` not found", ERROR),
    ("foo.c:12:5: error: expected ';' before '}' token", ERROR),
    ("foo.c:12:5: fatal error: x.h: No such file or directory", ERROR),
    ("foo.c:12:5: warning: unused variable 'error'", WARNING),
    ("foo.c:12:5: note: declared here", INFO),
    ("/usr/bin/ld: error: cannot find -lfoo", ERROR),
    ("error[E0308]: mismatched types", ERROR),
    ("warning: unused import", WARNING),
    ("src/a.ts(1,2): error TS2304: Cannot find name 'x'.", ERROR),
    ("npm ERR! code ELIFECYCLE", ERROR),
    ("npm error code ELIFECYCLE", ERROR),
    ("npm WARN deprecated x", WARNING),
    ("npm warn deprecated x", WARNING),
    ("CMake Error at CMakeLists.txt:3 (find_package):", ERROR),
    ("--- FAIL: TestX (0.00s)", ERROR),
    ("FAILURE: Build failed with an exception.", ERROR),
    # Go, Rust, Java, JavaScript, Ruby, PHP, .NET
    ("panic: runtime error: index out of range [3] with length 3", CRITICAL),
    ("fatal error: all goroutines are asleep - deadlock!", ERROR),
    ('time="2026-01-02T03:04:05Z" level=error msg="got INFO: x"', ERROR),
    ('time=2026-01-02T03:04:05Z level=INFO msg="ERROR: x"', INFO),
    ("ERRO[0000] cannot connect", ERROR),
    ("FATA[0012] gone", CRITICAL),
    ('3:04PM ERR cannot connect error="x"', ERROR),
    ("2026-01-02T03:04:05.678Z        ERROR   foo/bar.go:1    msg", ERROR),
    ("2026-01-02T03:04:05.678Z        error   foo/bar.go:1    msg", ERROR),
    ("[2026-01-02T03:04:05Z ERROR my::module] msg", ERROR),
    ("2026-01-02T03:04:05.678901Z ERROR my::module: msg", ERROR),
    ("2026-01-02T03:04:05.678901Z  WARN my::module: msg", WARNING),
    ("thread 'main' panicked at src/main.rs:2:5:", ERROR),
    ("03:04:05.678 [main] ERROR com.foo.Bar - msg", ERROR),
    (f"{STAMP}.678 ERROR 1 --- [main] c.e.Foo : msg", ERROR),
    ("26/01/02 03:04:05 ERROR Executor: Exception in task 0.0", ERROR),
    (f"{STAMP},678 WARN  [main] org.foo: x", WARNING),
    ('Exception in thread "main" java.lang.IllegalStateException: x', ERROR),
    ("java.lang.IllegalStateException: x", ERROR),
    ("Caused by: java.io.IOException: broken pipe", ERROR),
    ("Uncaught TypeError: Cannot read properties of undefined", ERROR),
    ("Error: Cannot find module 'x'", ERROR),
    ("TypeError [ERR_INVALID_ARG]: x", ERROR),
    ("E, [2026-01-02T03:04:05.678 #123] ERROR -- : msg", ERROR),
    ("PHP Fatal error:  Uncaught Error: x", ERROR),
    ("fail: Microsoft.AspNetCore.Server.Kestrel[13]", ERROR),
    ("warn: Microsoft.AspNetCore[0]", WARNING),
    ("[03:04:05 ERR] msg", ERROR),
    ("01-02 03:04:05.678  123  456 E ActivityManager: ANR", None),
    # after a prefix that names the process: ray, torchrun, concurrently, compose, kubectl
    ("(raylet) [2026-10-05 08:01:23,741 E 812 812] (raylet) node_manager.cc:3097: OOM", ERROR),
    ("(raylet, ip=10.0.0.8) [2026-10-05 08:01:30,002 W 812 812] (raylet) a.cc:10: slow", WARNING),
    ("(raylet) [2026-10-05 08:01:30,002 I 812 812] (raylet) agent.cc:10: 0 errors", INFO),
    ("(tokenize pid=4711, ip=10.0.0.7) batch 1", None),
    ("(autoscaler +5s) Error: no node type fits", ERROR),
    ("(gcs_server) [2026-10-05 08:01:23,741 C 812 812] gcs.cc:3: Check failed", CRITICAL),
    ("(train_fn pid=123, ip=10.0.0.1) E1005 08:00:02.000000 99 api.py:874] failed", ERROR),
    ("[rank3]: ValueError: bad shard", ERROR),
    ("[rank3]:W1005 08:00:01.000000 99 torch/api.py:900] closing", WARNING),
    ("[default0]:ValueError: bad shard", ERROR),
    ("[trainer1]:torch.OutOfMemoryError: CUDA out of memory", ERROR),
    ("[worker-3] E1005 08:00:02.000000 99 api.py:874] failed", ERROR),
    ("[pod/train-7f/main] Error: no such bucket", ERROR),
    ("[2]: error: no such bucket", ERROR),
    ("web-1  | error: no such bucket", ERROR),
    ("2026-10-05T08:00:00.000Z [rank0]: KeyError: 'x'", ERROR),
    ("ray.exceptions.RayTaskError(ValueError): ray::f() (pid=47)", ERROR),
    # after drawn lines
    ("    | ValueError: two", ERROR),
    ("      | json.decoder.JSONDecodeError: Expecting value", ERROR),
    ("  +-+---------------- 1 ----------------", None),
    ("│ Error: no such bucket            │", ERROR),
    ("├─ error: no such bucket", ERROR),
    ("└── warning: slow", WARNING),
    ("  × No solution found when resolving dependencies:", ERROR),
    ("✗ build failed", ERROR),
    ("✘ [ERROR] Could not resolve 'x'", ERROR),
    ("❌ Upload failed", ERROR),
    ("⚠️ slow disk", WARNING),
    ("╭─ Error ──────────────────────────╮", ERROR),
    ("╭─ Options ────────────────────────╮", None),
    # panics, wrong syntax, shells
    ("thread 'main' (48213) panicked at src/shard.rs:41:17:", ERROR),
    ("thread 'tokio-runtime-worker' (7) panicked at src/a.rs:1:2:", ERROR),
    ("thread '<unnamed>' panicked at 'no', src/a.rs:1:2", ERROR),
    ('  File "/job/query.py", line 3', ERROR),
    ("/job/query.sh: line 2: datachian: command not found", ERROR),
    ("query.sh: 2: datachian: not found", ERROR),
    ("zsh: command not found: datachian", ERROR),
    ("env: ‘python4’: No such file or directory", ERROR),
    ("cat: /nowhere/x: No such file or directory", ERROR),
    ("bash: ./run.sh: Permission denied", ERROR),
    ("query.sh: line 2: NOPE: unbound variable", ERROR),
    ("query.sh: line 3: syntax error: unexpected end of file", ERROR),
    ("query.sh: line 4: 8069 Segmentation fault      (core dumped) python x.py", ERROR),
    ("query.sh: line 4:  8069 Killed                  python x.py", ERROR),
    ("/usr/bin/python3: No module named torch", ERROR),
    ("ssh: connect to host a port 22: Connection refused", ERROR),
    ("cp: error writing 'x': No space left on device", ERROR),
    ("checking for gcc... not found", None),
    ("the file was not found", None),
    # in the middle of a line
    ("line 14 of noise abc ERROR: cannot read the shard", ERROR),
    ("a b c d e f WARN: slow", WARNING),
    ("worker 3 of pool main: WARNING: slow", WARNING),
    ("worker 3 of the pool FATAL: gone", CRITICAL),
    (f"{STAMP} INFO the worker said ERROR: x", INFO),
    # GPU runtimes
    ("CUDA error: out of memory", ERROR),
    ("[rank1]: cuBLAS error: not initialized", ERROR),
    ("train.py: NCCL error: unhandled system error", ERROR),
    # JSON
    ('{"@t":"2026-10-05T08:00:00Z","@l":"Error","@m":"shard 3 cannot be read","Shard":3}', ERROR),
    ('{"Timestamp":"2026-10-05T08:00:01Z","Level":"Error","MessageTemplate":"upload"}', ERROR),
    ('{"@level":"error","@message":"plan failed"}', ERROR),
    ('{"time":"2026-10-05T08:00:03Z","log_level":"ERROR","event":"no space left"}', ERROR),
    ('{"LogLevel":"Critical","Category":"x","Message":"m"}', CRITICAL),
    ('{"logLevel":"warn","message":"m"}', WARNING),
    ('{"severityText":"ERROR","body":"m"}', ERROR),
    ('{"SeverityNumber":17,"Body":"m"}', ERROR),
    ('{"severityNumber": 13, "body": {"stringValue": "m"}}', WARNING),
    ('{"severityLevel":3,"message":"m"}', ERROR),
    ('{"PRIORITY":"3","MESSAGE":"m"}', ERROR),
    ('{"PRIORITY":"6","MESSAGE":"m"}', INFO),
    ('{"version":"1.1","short_message":"m","level":3}', ERROR),
    ('{"levelno": 40, "msg": "m"}', ERROR),
    ('{"level_value":40000,"message":"m"}', ERROR),
    ('{"lvl":"eror","msg":"m"}', ERROR),
    ('{"log":{"level":"error"},"message":"m"}', ERROR),
    ('{"level":{"name":"ERROR","no":40},"message":"m"}', ERROR),
    ('{"t":{"$date":"x"},"s":"E","c":"NETWORK","id":1,"msg":"m"}', ERROR),
    ('{"status":"error","message":"m"}', ERROR),
    ('{"status":"failed","job":3}', None),
    ('{"type":"error","message":"m"}', ERROR),
    ('{"level":"E","msg":"m"}', ERROR),
    ('{"msg":"got {\\"level\\":\\"error\\"}","level":"info"}', INFO),
    ('{"error":"ERROR","level":"debug"}', DEBUG),
    ("log_level=error ts=1 msg=m", ERROR),
    ("time=x severity=error msg=m", ERROR),
    ('{"level":"error","msg":"x"}', ERROR),
    ('{"message": "got ERROR: x", "level": "info"}', INFO),
    ('{"level":50,"time":1767323045678,"msg":"x"}', ERROR),
    ('{"level":30,"msg":"ERROR"}', INFO),
    ('{"@timestamp":"x","log.level":"ERROR","message":"x"}', ERROR),
    ('{"severity": "WARNING", "message": "x"}', WARNING),
    ('{"levelname": "CRITICAL", "message": "x"}', CRITICAL),
    ('{"text": "x", "record": {"level": {"icon": "x", "name": "ERROR", "no": 40}}}', ERROR),
    ('{"error": null, "text": "an ERROR"}', None),
    ('{"msg": "\\"level\\":\\"error\\""}', None),
]  # fmt: skip

PROSE = [
    "", " ", "0 errors", "error_rate=0.1", "no error found", "no ERROR found", "errors: 0",
    "error rate: 0.1", "Error rate: 0.1", "error: 0.1234", "error: none", "error: no",
    "MeanSquaredError: 0.0123", "loss: 0.3 - error: 0.1", "mean_error: 3", "test error 0.2",
    "Set the log level to ERROR", "LOG_LEVEL=ERROR", "--log-level ERROR", "log_level: ERROR",
    "python train.py --level=ERROR", "the job ended without ERROR", "reading /data/ERROR/x.txt",
    "training ErrorModel", "Loading error.json", "handled 3 exceptions",
    "class MyError(Exception):",
    "    raise ValueError('x')", "except ValueError: pass", "Epoch 1/10", "100%|██████| 3/3",
    "5 passed, 1 warning in 0.1s", "In case of an error: call us", "information about it",
    "debugging is fun", "fatality rate",
    "failed.append(error)", "ERROR = 40", "result.expected_exception",
    "    at com.foo.Bar(Bar.java:12)",
    '  File "error.py", line 3, in error', "critic_loss 0.1", "https://example.com/?level=error",
    "the levels are ERROR: 3", "the error of the set ERROR: 0.1234", "the job printed ERROR:",
    "this run has no ERROR: lines", "set the log level to WARNING: fewer lines", "RMS error: 0.1",
    "the levels of lines are DEBUG, INFO, WARNING: and ERROR: too",
]  # fmt: skip


@pytest.mark.parametrize(("text", "level"), LINES)
def test_a_line_has_the_level_that_its_program_wrote(text: str, level: LogLevel | None) -> None:
    assert level_of(text) == level


@pytest.mark.parametrize("text", PROSE)
def test_a_word_in_a_sentence_is_not_a_level(text: str) -> None:
    assert level_of(text) is None


@given(st.text())
def test_no_text_makes_the_parser_of_levels_fail(text: str) -> None:
    level_of(text)


@pytest.mark.parametrize(
    "text",
    ["a.a." * 4096, "a: " * 5000, "[" * 16_384, " " * 16_384, "1: " * 5000, '"level":{' * 1800,
     "12:00:00 " * 1800, "(pid=" * 3000, "a a " * 4000, "| " * 8000, "A" * 16_384 + "Error"],
)  # fmt: skip
def test_a_hostile_line_is_parsed_without_hanging(text: str) -> None:
    with no_hang("the level of a line"):
        for _ in range(100):
            level_of(text)


@pytest.mark.parametrize(
    ("value", "level"),
    [("ERROR", ERROR), (" warn ", WARNING), ("50", ERROR), (60, CRITICAL), (30.0, INFO),
     (5, None), (1e400, None), (float("nan"), None), (True, None), (None, None), ([], None),
     ("x" * 1000, None)],
)  # fmt: skip
def test_a_field_names_a_level_by_word_or_number(value: object, level: LogLevel | None) -> None:
    assert parse_level(value) == level


def scanned_starts(data: bytes, lowest: LogLevel) -> list[int]:
    """Return the starts of the lines of level `lowest` or higher that a scan finds."""
    return [start for start in candidate_lines(data, lowest) if has_level(data, start, lowest)]


def has_level(data: bytes, start: int, lowest: LogLevel) -> bool:
    line = data[start:].split(b"\n", 1)[0]
    return (level_of(styled_line(line).text) or 0) >= lowest


@pytest.mark.parametrize("lowest", [WARNING, ERROR, CRITICAL])
@pytest.mark.parametrize("color", ["", "\x1b[1;31m"])
def test_a_scan_finds_every_line_of_a_level_or_a_higher_one(lowest: LogLevel, color: str) -> None:
    texts = [text for text, _ in LINES] + PROSE
    data = "".join(f"{color}{text}\x1b[0m\n" for text in ["first", *texts]).encode()
    starts = [0]
    starts += [at + 1 for at, byte in enumerate(data[:-1]) if byte == ord("\n")]
    expected = [start for start in starts if has_level(data, start, lowest)]
    assert scanned_starts(data, lowest) == expected
    assert len(expected) >= sum(1 for _, level in LINES if (level or 0) >= lowest)


@given(st.lists(st.sampled_from([b"\n", b"ERROR", b"x", b'"level":50', b"<3>", b"E0102 "])))
def test_candidates_are_starts_of_lines_in_order(parts: list[bytes]) -> None:
    data = b"".join(parts)
    starts = list(candidate_lines(data, LogLevel.ERROR))
    assert starts == sorted(set(starts))
    assert all(start == 0 or data[start - 1 : start] == b"\n" for start in starts)
