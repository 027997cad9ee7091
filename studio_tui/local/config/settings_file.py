"""Reads TOML files that the user may edit, and creates them from templates that explain them."""

import os
from pathlib import Path
from typing import TypeVar

from pydantic import BaseModel, ValidationError

from studio_tui.errors import ConfigError
from studio_tui.files import read_toml, write_private
from studio_tui.local.config.field_problems import problem_clause

REPAIR = "Correct the file, or move it away to begin with a new one."

M = TypeVar("M", bound=BaseModel)


def read_settings_file(path: Path, template: str, model: type[M], subject: str) -> M:
    """Read a file, or create it from `template`; `subject` names the contents, as "clusters".

    Raises:
        ConfigError: The file cannot be created or read, or is invalid.
    """
    # `lexists`: a link to nothing was made by the user, and is not replaced by a file.
    if not os.path.lexists(path):
        try:
            write_private(path, template)
        except OSError as error:
            raise ConfigError(f"{path} cannot be created: {error.strerror}.") from error
    try:
        return model.model_validate(read_toml(path))
    except OSError as error:
        sentence = f"The {subject} cannot be read from {path}: {error.strerror}. {REPAIR}"
        raise ConfigError(sentence) from error
    except ValidationError as error:
        problem = error.errors()[0]
        # The place in a list is counted from 1, as ids of clusters are.
        parts = (part + 1 if isinstance(part, int) else part for part in problem["loc"])
        field = " ".join(map(str, parts)) or "the file"
        raise invalid_file_error(
            path, subject, problem_clause(field, problem, "this file")
        ) from error
    except ValueError as error:  # not UTF-8, or not TOML; the message says where
        sentence = f"The {subject} in {path} are not valid TOML: {error}. {REPAIR}"
        raise ConfigError(sentence) from error


def invalid_file_error(path: Path, subject: str, problem: str) -> ConfigError:
    """Return the error for a file with an invalid value."""
    return ConfigError(f"The {subject} in {path} are invalid: {problem.rstrip('.')}. {REPAIR}")
