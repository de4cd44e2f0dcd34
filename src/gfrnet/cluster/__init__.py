"""Restore photos in bulk: on many processes or machines, from and to any storage.

>>> from gfrnet.cluster import ClusterJob, Crew, Places
>>> places = Places("s3://in", "s3://out", "s3://out/_report", guides=("s3://guides",))
>>> job = ClusterJob.begin(places)  # doctest: +SKIP
>>> for row in job.run(Crew("ray", workers=8)):  # doctest: +SKIP
...     print(row.name, row.status)
>>> print(job.finish().failed)  # doctest: +SKIP

Photos travel as names, and every process reads and writes its own. A photo that fails is a row of the report.
"""

import importlib.util

from gfrnet.errors import INSTALL_EXTRA, MissingExtraError

if importlib.util.find_spec("fsspec") is None:
    raise MissingExtraError(f"Restoring in bulk needs the extra cluster. {INSTALL_EXTRA.format('cluster')}.")

from gfrnet.cluster.crew import Crew
from gfrnet.cluster.job import ClusterJob
from gfrnet.cluster.plan import Places
from gfrnet.cluster.report import join_reports
from gfrnet.cluster.rows import Row, Summary
from gfrnet.cluster.shard import Shard
from gfrnet.cluster.work_order import How

__all__ = [
    "ClusterJob",
    "Crew",
    "How",
    "Places",
    "Row",
    "Shard",
    "Summary",
    "join_reports",
]
