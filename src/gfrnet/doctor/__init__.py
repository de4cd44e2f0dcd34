"""Find out what is wrong with an installation: packages, models, cores, space, privacy."""

from gfrnet.doctor.check import Check, State
from gfrnet.doctor.examine import examine
from gfrnet.doctor.models import Trial

__all__ = ["Check", "State", "Trial", "examine"]
