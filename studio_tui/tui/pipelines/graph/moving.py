"""Going through a pipeline: along its edges, from failure to failure, to what a search finds."""

from collections.abc import Sequence

from studio_tui.presentation.format import plural
from studio_tui.presentation.pipelines.graph.statuses import Shown
from studio_tui.presentation.pipelines.graph.waits import waits
from studio_tui.tui.messages import GoTo
from studio_tui.tui.pipelines.graph.base import DagHost
from studio_tui.tui.widgets.prompt import Kind, LogPrompt

SEARCH = Kind("/", "a part of a name, an id, a state or an error")


class DagMoving(DagHost):
    """Mixin of the screen of a pipeline that moves its cursor."""

    _searched_from: str | None = None
    """Where the cursor was when a search began to be typed."""

    def why_not_move(self, action: str) -> str | None:
        """Return why the cursor cannot go there now, in words; `None` when it can."""
        node = self.node_at_hand()
        if self.standing is None:
            return "Studio has not told of the pipeline yet"
        match action:
            case "kin('parents')" if node is None or not node.parents:
                return "It waits for no other job" if node else "There is no job under the cursor"
            case "kin('children')" if node is None or not node.children:
                return "No other job waits for it" if node else "There is no job under the cursor"
            case "cause" if self._cause() is None:
                return "It waits for no other job now"
            case "next(1)" | "next(-1)" if not self._stops():
                return "No job has failed"
        return None

    def action_kin(self, which: str) -> None:
        """Go to the first parent or child."""
        node = self.node_at_hand()
        if node is not None and (kin := getattr(node, which)):
            self.go(kin[0])
        else:
            self.say(self.why_not_move(f"kin('{which}')") or "")

    def action_cause(self) -> None:
        """Go to what the job waits for."""
        cause = self._cause()
        if cause is not None:
            self.go(cause)
        else:
            self.say("It waits for no other job now")

    def action_next(self, step: int) -> None:
        """Go to the next match, else to the next failure, in the order that is in sight."""
        stops = self._stops()
        if not stops:
            self.say(self.why_not_move("next(1)") or "")
            return
        order = self.order()
        place = {node_id: number for number, node_id in enumerate(order)}
        here = next((place[key] for key in self.members(self.here()) if key in place), -step)
        ahead = [stop for stop in stops if (place[stop] - here) * step > 0]
        ahead = ahead or list(stops)
        self.go(ahead[0] if step > 0 else ahead[-1])

    def action_follow(self) -> None:
        """Let the cursor go along with what runs, or no more."""
        self.change(follow=not self.view.follow)
        self.follow()

    def action_pipelines(self) -> None:
        """Go to the list of pipelines."""
        self.post_message(GoTo("pipelines"))

    def follow(self) -> None:
        """Go to what runs, if that is wished and the job under the cursor does not run."""
        standing = self.standing
        if standing is None or not self.view.follow:
            return
        shown = standing.verdicts.shown
        here = self.here()
        if here is not None and shown.get(here) is Shown.RUNNING:
            return
        running = [node_id for node_id in self.order() if shown[node_id] is Shown.RUNNING]
        below = standing.plan.descendants(here) if here is not None else frozenset[str]()
        if running:
            self.go(next((node_id for node_id in running if node_id in below), running[0]))

    # Searching.

    def action_search(self) -> None:
        """Let a search be typed."""
        self._searched_from = self.here()
        self.query_one(LogPrompt).ask(SEARCH, self.view.search)

    def on_log_prompt_changed(self, message: LogPrompt.Changed) -> None:
        """Go to the first match from where the search began."""
        self.change(search=message.value.strip())
        self._go_to_match()

    def on_log_prompt_submitted(self, message: LogPrompt.Submitted) -> None:
        """Keep the search for going on with it."""
        self.change(search=message.value.strip())
        self.query_one(LogPrompt).close()
        found = len(self.matches())
        if self.view.search and not found:
            self.say(f"Nothing is found by {self.view.search}")
            self.change(search="")
        elif found > 1:
            self.say(f"{plural(found, 'job')} found; n and N go through them")

    def on_log_prompt_left(self) -> None:
        """Go back to where the search began."""
        self.query_one(LogPrompt).close()
        self.change(search="")
        if self._searched_from is not None:
            self.go(self._searched_from)

    def matches(self) -> Sequence[str]:
        """Return the nodes that the search finds, in the order that is in sight."""
        standing, wanted = self.standing, self.view.search.lower()
        if standing is None or not wanted:
            return ()
        return [node_id for node_id in self.order() if wanted in standing.haystack(node_id)]

    def _go_to_match(self) -> None:
        found = self.matches()
        order = list(self.order())
        here = self._searched_from
        since = order.index(here) if here in order else 0
        if found:
            ahead = set(order[since:])
            self.go(next((node_id for node_id in found if node_id in ahead), found[0]))

    def _stops(self) -> Sequence[str]:
        """Return where `n` goes: to matches, else to failures."""
        if found := self.matches():
            return found
        standing = self.standing
        if standing is None:
            return ()
        shown = standing.verdicts.shown
        return [node_id for node_id in self.order() if shown[node_id] is Shown.FAILED]

    def _cause(self) -> str | None:
        node = self.node_at_hand()
        if node is None or self.standing is None:
            return None
        wait = waits(self.standing.verdicts, node.id)
        return wait.target if wait is not None else None
