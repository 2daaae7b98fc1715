"""The settings that hold one of several kinds, told apart by `name`.

Every kind is found by itself: whoever adds one has no list to extend. For the type checker they are the base
classes, for pydantic the unions of what stands below them.
"""

from typing import TYPE_CHECKING

from engine.settings.augmentation import AugmentationSettings
from engine.settings.base import choice_of
from engine.settings.dataset import DatasetSettings
from engine.settings.encoder import EncoderSettings
from engine.settings.objective import ObjectiveSettings
from engine.settings.published_dataset import PublishedSettings

assert issubclass(PublishedSettings, DatasetSettings)  # imported, so that the published sets are among them

if TYPE_CHECKING:
    AnyDataset = DatasetSettings
    AnyObjective = ObjectiveSettings
    AnyEncoder = EncoderSettings
    AnyAugmentation = AugmentationSettings
else:
    AnyDataset = choice_of(DatasetSettings)
    AnyObjective = choice_of(ObjectiveSettings)
    AnyEncoder = choice_of(EncoderSettings)
    AnyAugmentation = choice_of(AugmentationSettings)
