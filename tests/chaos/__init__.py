"""Workers and brokers are killed, stopped and held up under load; nothing may be lost, counted twice or said otherwise.

`python -m tests.chaos --settlements 20000 --seed 1` (`make chaos`) is the long form, `test_chaos.py` the short one.
"""
