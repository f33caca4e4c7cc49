import pytest

from approvals import keys


@pytest.fixture(autouse=True)
def own_keys(settings, tmp_path):
    """A folder of keys that is nobody else's."""
    settings.KEYS_DIR = tmp_path / "keys"
    keys.forget()
    yield settings.KEYS_DIR
    keys.forget()
