"""A process of several that ends as told: `rank_end.py END …`, one a rank.

END: an exit code, −n for an end by signal n, or "wait" to be ended by the others' end.
"""

import os
import sys
import time

end = sys.argv[1 + int(os.environ["RANK"])]
if end == "wait":
    time.sleep(120)
elif int(end) < 0:
    os.kill(os.getpid(), -int(end))
sys.exit(int(end))
