"""Every option of the command is an argument of the same name and the same default, and there is no other."""

import inspect
import re

import pytest

import evidence

# What a call sets itself, or what has no meaning in Python.
OWN = {"format", "quiet", "verbose", "version", "help", "isolate", "progress"}
# Arguments that are no options: what the command takes by position.
ARGUMENTS = {"nll": {"model", "data"}, "units": {"model", "data"}, "check": {"model", "data"},
             "compare": {"results", "others"}, "report": {"results"}, "merge": {"results"}, "import keras": {"sources", "path"}}
FUNCTIONS = {
    "nll": evidence.nll, "units": evidence.units, "check": evidence.check, "compare": evidence.compare,
    "report": evidence.report, "merge": evidence.merge, "import keras": evidence.from_keras,
}
# What is called otherwise, and why: what a file is called in the command is what it holds here; `path` is where a model goes.
RENAMED = {("report", "units"), ("report", "check"), ("import keras", "output"), ("import keras", "draft")}


def options(text):
    """{name: default in words, or None for a flag} of a command's help."""
    found = {}
    _, _, listed = text.partition("\nOPTIONS:\n") if "\nARGUMENTS:" not in text else text.partition("\nARGUMENTS:\n")
    for entry in re.split(r"\n(?=  -)", "\n" + listed):
        head = re.match(r"\s*(?:-\w, )?--([a-z-]+)(?:/--no-([a-z-]+))?( <)?", entry)
        if head:
            words = " ".join(entry.split())
            default = re.findall(r"(?:\(|; )default: ([^)]*?)\)", words)
            found[head[1]] = (default[-1] if default else None, bool(head[3]), bool(head[2]))
    return found


@pytest.mark.parametrize("name", FUNCTIONS)
def test_arguments_are_the_options(name, command):
    listed = options(command("help", *name.split()))
    assert len(listed) > 4
    parameters = inspect.signature(FUNCTIONS[name]).parameters
    expected = {option.replace("-", "_") for option in listed if option not in OWN}
    expected -= {option for key, option in RENAMED if key == name}
    given = set(parameters) - ARGUMENTS[name] - {"progress"} - {option for key, option in RENAMED if key == name}
    assert given == expected


@pytest.mark.parametrize("name", FUNCTIONS)
def test_defaults_are_the_same(name, command):
    parameters = inspect.signature(FUNCTIONS[name]).parameters
    for option, (default, takes_value, has_inversion) in options(command("help", *name.split())).items():
        parameter = parameters.get(option.replace("-", "_"))
        if parameter is None or option in OWN or (name, option) in RENAMED:
            continue
        if not takes_value and not has_inversion:
            assert parameter.default is False, option
        elif parameter.default is inspect.Parameter.empty:
            assert default is None, option
        elif parameter.default is None:
            # The command finds these out: "all", "what the model file says".
            assert default is None or not re.fullmatch(r"-?[0-9.]+", default), option
        else:
            assert str(parameter.default) == default, option


def test_every_argument_is_described():
    for function in (*FUNCTIONS.values(), evidence.open, evidence.inspect, evidence.from_torch, evidence.from_jax,
                     evidence.from_flax, evidence.from_scvi):
        for name in inspect.signature(function).parameters:
            assert re.search(rf"\b{name}\b", function.__doc__), f"{function.__name__}: {name}"
