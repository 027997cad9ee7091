"""Problems with fields of a request or a settings file, as clauses of a sentence."""

from pydantic_core import ErrorDetails

_CLAUSES = {
    "missing": "{field} is missing",
    "extra_forbidden": "{field} is not a field of {whole}",
    "string_type": "{field} must be text",
    "string_too_short": "{field} must not be empty",
    "string_too_long": "{field} must have at most {max_length} characters",
    "int_type": "{field} must be a whole number",
    "int_parsing": "{field} must be a whole number",
    "int_from_float": "{field} must be a whole number",
    "bool_type": "{field} must be true or false",
    "bool_parsing": "{field} must be true or false",
    "tuple_type": "{field} must be a list",
    "list_type": "{field} must be a list",
    "greater_than_equal": "{field} must be at least {ge}",
    "less_than_equal": "{field} must be at most {le}",
    "enum": "{field} must be {expected}",
    "model_attributes_type": "the body must be a JSON object, sent as application/json",
    "model_type": "the body must be a JSON object, sent as application/json",
}
"""Clauses by type of pydantic error; for other types pydantic's own text follows the field."""


def problem_clause(field: str, problem: ErrorDetails, whole: str = "this request") -> str:
    """Return a clause such as "workers must be at least 1" for an error of pydantic.

    `whole` names what `field` is part of, such as "this file".
    """
    clause = _CLAUSES.get(problem["type"])
    if clause is None:
        return f"{field}: {problem['msg']}"
    return clause.format(field=field, whole=whole, **problem.get("ctx", {}))
