"""Paints what changes below several modal screens; see docs/upstream/covered-screens.md."""

from typing import Self

from textual.geometry import Region
from textual.screen import ModalScreen, ScreenResultType

from studio_tui.tui.widgets.lifetime import Lifetime


class ShowsCoveredScreens(Lifetime, ModalScreen[ScreenResultType]):
    """A modal screen below which a change is visible also if other modal screens are in between."""

    def refresh(
        self, *regions: Region, repaint: bool = True, layout: bool = False, recompose: bool = False
    ) -> Self:
        stack = self.app.screen_stack if self.is_running else []
        if stack and stack[-1] is self:
            for screen in stack[:-1]:
                if isinstance(screen, ModalScreen):
                    screen._set_dirty(*regions)
        return super().refresh(*regions, repaint=repaint, layout=layout, recompose=recompose)
