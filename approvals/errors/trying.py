"""The no of trying a rule before it is trusted."""

from accounts.errors import Refusal
from accounts.words import said


class BadSimulation(Refusal):
    code = "bad_simulation"
    message = said("This cannot be simulated.")


class SimulationRunning(Refusal):
    """One at a time for each person. `simulation_id` is the one that runs."""

    code = "simulation_running"
    message = said("A simulation of yours is running. Wait for it, or cancel it.")

    def __init__(self, *, simulation_id: int) -> None:
        super().__init__()
        self.simulation_id = simulation_id
