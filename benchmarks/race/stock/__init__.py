"""Strawberry as its documentation shows it: types with resolvers, DataLoader, httpx, under uvicorn.

``python -m benchmarks.race.stock FACTS PORT``. It sends the same requests as the other contenders and maps
what comes back in the same way.
"""
