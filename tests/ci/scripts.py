"""Owns loading a script of `.ci/`, which is no package, as a module."""

import importlib.util
from pathlib import Path
from types import ModuleType

CI = Path(__file__).resolve().parent.parent.parent / ".ci"


def load(name: str) -> ModuleType:
    """The script `.ci/<name>.py` as a module."""
    spec = importlib.util.spec_from_file_location(f"ci_{name}", CI / f"{name}.py")
    if spec is None or spec.loader is None:
        raise LookupError(name)
    module = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)
    return module
