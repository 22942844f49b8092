"""Makes scipy-special-functions.json.

Run: /usr/bin/python3 scipy-special-functions.py > scipy-special-functions.json   (Debian 12: python3-scipy)
"""

import datetime
import json
import platform

import scipy
from scipy import special, stats

print(
    json.dumps(
        {
            "made_by": "scipy-special-functions.py",
            "date": datetime.date.today().isoformat(),
            "versions": {"scipy": scipy.__version__, "python": platform.python_version()},
            "log_gamma": [[x, special.gammaln(x)] for x in (1e-8, 0.1, 0.5, 0.99, 1.0, 1.5, 2.0, 2.01, 5.5, 11.9, 12.0, 100.5, 1e4, 1e8)],
            "gamma_p_q": [
                [a, x, special.gammainc(a, x), special.gammaincc(a, x)]
                for a in (0.01, 0.5, 1.0, 2.5, 10.0, 100.0, 5000.0)
                for x in (1e-6, 0.3 * a, 0.9 * a, a, a + 1, 1.1 * a + 2, 3 * a + 5)
            ],
            "chi_square_p": [[c, n, stats.chi2.sf(c, n)] for c, n in ((0.5, 1), (2.3, 2), (11.83, 2), (40, 30), (1050, 1000), (200, 20))],
        },
        indent=1,
    )
)
