"""The scripts run with bash 3.2 and the programs that macOS has: nothing in them is of a newer bash, or GNU's."""

import re
from pathlib import Path

import pytest

ROOT = Path(__file__).resolve().parents[2]

# What bash 3.2 lacks, by the version that has it, and options that the programs of macOS lack.
CONSTRUCTS = {
    "bash 4: mapfile, readarray, coproc": r"\b(mapfile|readarray|coproc)\b",
    "bash 4: associative array": r"\b(declare|local|typeset)\s+-[a-zA-Z]*A",
    "bash 4.3: reference to a name": r"\b(declare|local|typeset)\s+-[a-zA-Z]*n\b",
    "bash 4.2: global variable of a function": r"\b(declare|typeset)\s+-[a-zA-Z]*g",
    "bash 4: change of case": r"\$\{\w+(\[[^]]*\])?(,|\^)",
    "bash 4.4: transformation": r"\$\{\w+(\[[^]]*\])?@\w\}",
    "bash 4: redirection of both outputs": r"&>>|\|&",
    "bash 4: fall-through of a case": r";;&|;&",
    "bash 4.3: wait for any process": r"\bwait\s+-[np]",
    "bash 4.2: test of a variable": r"(\[\[?|\btest)\s+(!\s+)?-v\s",
    "bash 4.3: index from the end": r"\$\{\w+\[\s*-\d",
    "bash 4.2: time of printf": r"%\(",
    "bash 4 or 5: variable of the shell": r"\$\{?(BASHPID|EPOCHSECONDS|EPOCHREALTIME|SRANDOM)\b",
    "bash 4: option of the shell": r"\bshopt\s+-s\s+.*\b(globstar|inherit_errexit|lastpipe)\b",
    "bash 4: fraction of a second": r"\bread\s+.*-t\s*\d*\.",
    "GNU: date": r"\bdate\s+[^;|)]*(-d\b|--[a-z]|%N|-I)",
    "GNU: sed": r"\bsed\s+(-\w*i|.*\{[^}]*\bT\b|--[a-z])",
    "GNU: option of a program": (
        r"\b(readlink\s+-[a-z]*[fe]|stat\s+-c|grep\s+-\w*P|xargs\s+-\w*r|sort\s+-\w*V|base64\s+-w"
        r"|mktemp\s+[^;|)]*-(p|-[a-z])|head\s+-n\s*-\d|cp\s+--)"
    ),
    "GNU: program": r"(^|[|;&(]\s*)(realpath|timeout|sha256sum|md5sum|tac|nproc|flock|setsid|gsed)\s",
}

# A line with each of them.
EXAMPLES = {
    "bash 4: mapfile, readarray, coproc": ["mapfile -t names < <(ls)", "readarray -t names <<<x"],
    "bash 4: associative array": ["declare -A seen", "  local -A seen=()"],
    "bash 4.3: reference to a name": ["local -n list=$1"],
    "bash 4.2: global variable of a function": ["declare -g seen=1"],
    "bash 4: change of case": ["echo ${name,,}", 'echo "${names[0]^}"'],
    "bash 4.4: transformation": ['echo "${name@Q}"', 'echo "${names[@]@Q}"'],
    "bash 4: redirection of both outputs": ["make &>>log", "make |& tee log"],
    "bash 4: fall-through of a case": ["a) echo ;;&", "a) echo ;&"],
    "bash 4.3: wait for any process": ["wait -n"],
    "bash 4.2: test of a variable": ["[ -v name ]", "[[ ! -v name ]]"],
    "bash 4.3: index from the end": ["echo ${names[-1]}"],
    "bash 4.2: time of printf": ["printf '%(%s)T' -1"],
    "bash 4 or 5: variable of the shell": ["echo $BASHPID", "echo ${EPOCHSECONDS}"],
    "bash 4: option of the shell": ["shopt -s globstar"],
    "bash 4: fraction of a second": ["read -r -t 0.5 line"],
    "GNU: date": ["date -d yesterday", "date --iso-8601", "date +%s%N"],
    "GNU: sed": ["sed -i s/a/b/ file", "sed -nE '/a/ { s/b/c/; T; p }'"],
    "GNU: option of a program": ["readlink -f .", "stat -c %s a", "xargs -r rm", "mktemp -d -p .", "head -n -1"],
    "GNU: program": ["realpath .", "sha256sum file", "a=$(nproc )", "timeout 5 make"],
}

# What bash 3.2 has and looks alike.
PORTABLE = [
    'echo "${names[@]}" "${#names[@]}" "${!names[@]}"',
    "declare -a names; local name",
    "make &>log 2>&1; echo a && wait",
    "case a in a) echo ;; esac",
    'date -u +%Y-%m; date +%s; mktemp -d; sed -nE "s/a/b/p"',
    '[ -z "${name:-}" ] && echo "${name%,}" "${name/a/b}" "${name:0:3}"',
    "# realpath is GNU's",
]


def scripts() -> list[Path]:
    """Scripts of bash, and the files that they source."""
    files = [path for path in (ROOT / "scripts").iterdir() if path.is_file()]
    return sorted(path for path in files if path.suffix == ".sh" or "bash" in path.open().readline())


def found(text: str) -> list[str]:
    """Constructs in the lines of a script that are no comments, each with its line."""
    lines = [line for line in text.splitlines() if not line.lstrip().startswith("#")]
    return [
        f"{name}: {line.strip()}"
        for line in lines
        for name, pattern in CONSTRUCTS.items()
        if re.search(pattern, line)
    ]


@pytest.mark.parametrize("script", scripts(), ids=lambda path: path.name)
def test_a_script_has_no_construct_that_macos_lacks(script: Path) -> None:
    assert found(script.read_text()) == []


def test_there_are_scripts() -> None:
    assert {"local", "rollback", "lib-count.sh"} < {path.name for path in scripts()}


@pytest.mark.parametrize("name", CONSTRUCTS)
def test_each_construct_is_found(name: str) -> None:
    for line in EXAMPLES[name]:
        assert any(each.startswith(name) for each in found(line)), line


@pytest.mark.parametrize("line", PORTABLE)
def test_what_bash_3_2_has_is_not_found(line: str) -> None:
    assert found(line) == []
