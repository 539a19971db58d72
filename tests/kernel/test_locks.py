"""Keys of advisory locks."""

from kernel.database.locks import lock_key


def test_each_brand_has_a_lock_of_its_own() -> None:
    keys = {lock_key(f"t_{number}", "agents.tree") for number in range(1_000)}
    keys |= {lock_key(f"t_{number}", "agents.regions") for number in range(1_000)}
    assert len(keys) == 2_000
    assert all(-(2**63) <= key < 2**63 for key in keys)
