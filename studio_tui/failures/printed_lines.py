"""Classification of output lines: stack frames, hints, progress bars, epilogues.

An epilogue is a line that a launcher, a tool, an experiment tracker or the interpreter adds around
a failure and that does not say its reason, such as `make: *** [all] Error 1`.
"""

import re

_RETURNS = re.compile(r"\r|\x1b\[(?:2K|[01]?G|\d*D|\d*A|\d*F)")
"""Moves back or up, and erasures of a line, before a program prints another state of a line."""
_ESCAPE = re.compile(
    r"\x1b\[[0-?]*[ -/]*[@-~]|\x1b[\]PX^_][^\x07\x1b]*(?:\x07|\x1b\\)|\x1b[ -/]*[0-OQ-WYZ\\`-~]"
)

_DRAWING = (
    "─━═╌╍┄┅┈┉│┃║┆┇┊┋╎╏┌┍┎┏┐┑┒┓└┕┖┗┘┙┚┛├┝┞┟┠┡┢┣┤┥┨┩┪┫┬┯┰┳┴┷┸┻┼╋"
    "╔╗╚╝╠╣╦╩╬╒╓╕╖╘╙╛╜╭╮╯╰╴╵╶╷╸╹╺╻╼╾▶►▷❯×✗✖"
)
_RULE = "-=*_~#+.^"
_FRAME = re.compile(
    r"\s*(?:>\s)?File \"[^\"]*\", line \d+"
    r"|\s+at (?:[\w.$<>/\\\[\] ]+\(|\S+:\d+|async |new |/)"
    r"|\s*\.\.\. \d+ (?:more|common)"
    r"|\s+\d+:\s+(?:0x[0-9a-f]+ - )?[\w<{$:]+|\s+\d{1,4} \|"
    r"|goroutine \d+ \[|\s*/\S+:\d+(?: \+0x[0-9a-f]+)?$|[\w./*()]+\(.{0,200}\)$"
    r"|\[Previous line repeated|Node\.js v\d|stack backtrace:|\s*at .*:\d+:\d+\)?$"
    r"|created by \S+ in goroutine|\[signal \S+ code|Stack trace:|#\d+\s+0x[0-9a-f]+"
    r"|frame #\d+:|\s+(?:\|\s*)?[\^~]+\s*$"
    # Ruby, Lua, Julia, .NET, PHP
    r"|\tfrom \S+:\d+:in |stack traceback:|\t(?:\[C\]|\S+:\d+): in |Stacktrace:$"
    r"|\s*\[\d+\] (?:\S.*\(|top-level scope)|\s+@ \S+|in expression starting at "
    r"|\s+--- End of (?:inner exception )?stack trace|File name: '|#\d+ (?:\{main\}|/\S+\(\d+\))"
    r"|\s+thrown in \S+ on line \d+"
)
_HINT = re.compile(
    r"note: (?:run with|Some details are omitted|in the backtrace)"
    r"|\[notice\] |WARNING: You are using pip|See '.*--help'"
    r"|For more information about this error|Try '.*--help'|Usage: |usage: |hint: "
    r"|CUDA kernel errors might|For debugging consider passing"
    r"|Compile with `TORCH_USE_CUDA|\(Background on this error at: |For further information visit"
    r"|npm ERR! A complete log|npm error A complete log|info Visit https://yarnpkg|"
    r"For simplicity, JAX has removed|Complete log: |Set the environment variable HYDRA_FULL|"
    r"\(?Use `node --trace|If you believe this is a bug|See https?://\S+$"
    # advice printed by command-line tools
    r"|note: |(?:\S+:\d+:\d+: )note: |<?https?://\S+>?$|\d\d:\d\d:\d\d$|Tip: |-- Check '"
    r"|Please make sure you have the correct access rights$|and the repository exists\.$"
    r"|\[ERROR\](?:$| -> \[Help| \[Help| Re-run Maven| To see the full stack| For more information"
    r"| After correcting)|\* (?:Try|Get more help)|> (?:Run with --|Get more help)|BUILD FAILED in "
    r"|\d+ actionable tasks?: |See also \"|(?:\d\d:\d\d:\d\d +)?compiled Code at "
    r"|npm (?:ERR!|error)(?:$| (?:Found|While resolving|Could not resolve|Fix the upstream|peer "
    r"|to accept|node_modules|See ))"
    r"|Ran all test suites|(?:Snapshots|Time): |Look above for error|\[\*\] \d+ fixable with "
    r"|(?:\d\d:\d\d:\d\d +)?Done\. PASS=\d+|(?:> )?See above for (?:output|details)"
)
_BAR = re.compile(
    r"\d{1,3} ?%\|.{0,400}\[[\d:]+<|\[\d\d:\d\d(?::\d\d)?(?:<[\d:?]+)?, .{0,80}/s\]"
    r"|\[[#=>-]{4,}[ .>-]*\]|━{5,}|█{4,}"
)
_EPILOGUE = re.compile(
    r"make(?:\[\d+\])?: \*\*\*|(?:srun|slurmstepd(?!: error: (?:\*\*\*|Detected))|mpirun|prterun): "
    r"|npm (?:ERR!|error) (?:code|errno|path|command|syscall|signal|cwd|"
    r"location|workspace|Lifecycle script|A complete log)\b"
    r"|error Command failed with exit code|##\[error\]Process completed"
    r"|(?:Command|Process|Script|script|command|process|task|Task)\b.{0,200}"
    r"(?:exited|terminated|ended|failed|finished|completed) (?:with|by)"
    r" .{0,30}(?:code|status|signal)"
    r"|Execution halted$|Calls: \S|BEGIN failed--compilation aborted|\S+: line \d+: `.*'$"
    r"|Unclosed (?:client session|connector)$|(?:client_session|connector|connections): [<\[]"
    r"|exit status \d+$|ERROR conda\.cli\.main_run|ELIFECYCLE|Sentry is attempting|Waiting up to \d"
    r"|Press Ctrl-C to quit|wandb: |.*leaked (?:semaphore|shared_memory)|\s*warnings\.warn\("
    r"|.*closing signal SIG|.*destroy_process_group\(\)|.*failed \(exitcode: "
    r"|[^\s:]+\.py:\d+: (?:\w+\.)*\w*Warning: |error: Recipe `|error: process didn't exit"
    r"|tar: (?:Child returned status|Error is not recoverable|Exiting with failure|Error exit)"
    r"|ninja: build stopped|collect2: error: ld returned|-- Configuring incomplete"
    r"|PLAY RECAP |\S+ +: ok=\d+ |rsync error: unexplained|rsync: connection unexpectedly closed"
    r"|Found \d+ errors?(?:\.$| in )|Exiting because a job execution failed"
    r"|error: (?:subprocess-exited-with-error|metadata-generation-failed)"
    r"|Encountered error while generating|\[ERROR\] \[launch\.py|.*sigkill_handler\]"
)
_CLOSING = re.compile(
    r"(?i)\b(?:clean(?:ing|ed)?[ _-]?up|shut(?:ting)?[ -]?down|clos(?:e|es|ing|ed)"
    r"|exit(?:s|ing|ed)?|stop(?:s|ping|ped)|terminat(?:ing|ed)|disconnect(?:ing|ed)?|flush(?:ing|ed)|goodbye|bye"
    r"|tear(?:ing)?[ -]?down|releas(?:ing|ed)|remov(?:ing|ed) temp\w*|delet(?:ing|ed) temp\w*"
    r"|atexit|finali[sz](?:ing|ed))\b|^(?:all )?(?:done|finished|ok|completed?)\W*$"
)
_OWN = "[local Studio: "
"""Prefix of the lines that the local Studio adds to a job's output."""


def printed_lines(output: str) -> list[str]:
    """Return the lines that a job itself printed, without escape sequences.

    If a line was overwritten, as by a progress bar, each of its states is a line.
    """
    text = _ESCAPE.sub("", _RETURNS.sub("\n", output.replace("\r\n", "\n")))
    lines = (line.rstrip().replace("\x08", "") for line in text.split("\n"))
    return [line for line in lines if not line.startswith(_OWN)]


def bare(line: str) -> str:
    """Return a line without the box, tree or rule drawn around it; empty for a mere rule."""
    text = line.strip().strip(_DRAWING + " \t").strip()
    if text[:1] == "|" and text[-1:] == "|" and len(text) > 1:
        text = text[1:-1].strip()
    words = text.strip(_RULE + " ")
    if not words:
        return ""
    # A heading within a rule begins and ends with the same two signs: `==== 1 failed ====`.
    is_heading = text[:2] == text[-2:] and text[:1] in _RULE and text[:1] == text[1:2]
    return words if is_heading else text


def is_frame(line: str) -> bool:
    """Whether a line is a frame, a heading of frames, or the marks under a source line."""
    return _FRAME.match(line) is not None


def is_hint(line: str) -> bool:
    """Whether a line gives no reason: advice, a pointer to more information, counts or times."""
    return _HINT.match(line.strip()) is not None


def is_bar(line: str) -> bool:
    return _BAR.search(line) is not None


def is_epilogue(line: str) -> bool:
    """Whether a line is an epilogue, as defined at the top of this module."""
    return _EPILOGUE.match(line.lstrip(_DRAWING + " ")) is not None


def is_closing(line: str) -> bool:
    """Whether a line reports that the program cleans up, stops or is done."""
    return _CLOSING.search(line) is not None
