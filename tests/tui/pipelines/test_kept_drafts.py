from studio_tui.tui.pipelines.kept_drafts import KeptDrafts


def test_a_draft_is_restored_only_in_a_form_about_the_same_subject() -> None:
    drafts: KeptDrafts[str] = KeptDrafts()
    drafts.begin("thumbs", "fresh").keep("typed")
    assert drafts.begin("other", "another").draft == "another"
    assert not drafts.begin("other", "another").is_restored
    restored = drafts.begin("thumbs", "fresh")
    assert (restored.draft, restored.fresh, restored.is_restored) == ("typed", "fresh", True)


def test_a_draft_equal_to_that_of_a_new_form_is_not_kept() -> None:
    drafts: KeptDrafts[str] = KeptDrafts()
    beginning = drafts.begin("thumbs", "fresh")
    beginning.keep("typed")
    beginning.keep("fresh")
    assert not drafts.begin("thumbs", "fresh").is_restored
