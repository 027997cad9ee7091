from tests.sentences import sentences


def test_visible_sentences_are_listed_without_docstrings_and_patterns() -> None:
    source = '''
"""A docstring of the module."""
import re
NAMES = ("one", "two_words")
_PATTERN = re.compile("some words in a pattern")
def f(name):
    "Another one."
    return f"The job {name} has ended." + "It is over." + "It is over."
'''
    assert list(sentences(source)) == ["The job {…} has ended.", "It is over."]
