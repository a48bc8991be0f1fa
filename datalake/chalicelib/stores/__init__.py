"""The stores: one file each, all alike by the contract in `store.py`."""
