"""Exact binomial intervals and tests by scipy: python3 scipy-binomial.py > scipy-binomial.json"""
import json
import sys
from datetime import date

import scipy
from scipy.stats import binomtest

CASES = [(0, 10, 0.683), (10, 10, 0.683), (205, 300, 0.683), (180, 300, 0.683), (291, 300, 0.954), (275, 300, 0.954), (3, 7, 0.2)]


def answer(k, n, p):
    test = binomtest(k, n, p)
    low, high = test.proportion_ci(confidence_level=0.683, method="exact")
    return {"k": k, "n": n, "p": p, "low": low, "high": high, "pValue": test.pvalue}


json.dump(
    {
        "made": f"python3 scipy-binomial.py, scipy {scipy.__version__}, Python {sys.version.split()[0]}, {date.today()}",
        "cases": [answer(*case) for case in CASES],
    },
    sys.stdout,
    indent=1,
)
print()
