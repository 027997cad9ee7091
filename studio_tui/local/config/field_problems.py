"""Problems with fields of a request or a settings file, as clauses of a sentence."""

from pydantic_core import ErrorDetails

_CLAUSES = {
    "missing": "{field} is missing",
    "extra_forbidden": "{field} is not a field of {whole}",
    "string_type": "{field} must be text",
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


def field_problem(field: str, problem: ErrorDetails, whole: str = "this request") -> str:
    """Return the problem that pydantic has with `field`; `whole` is what the field is part of."""
    words = _CLAUSES.get(problem["type"])
    if words is None:
        return f"{field}: {problem['msg']}"
    return words.format(field=field, whole=whole, **problem.get("ctx", {}))
