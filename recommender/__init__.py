"""What to do: limits and measurements in, one pick with its evidence out."""

from recommender.advice import Advice
from recommender.advisor import Advisor
from recommender.constraints import Constraints
from recommender.errors import AdviceError
from recommender.profile import Profile

__all__ = ["Advice", "AdviceError", "Advisor", "Constraints", "Profile"]
