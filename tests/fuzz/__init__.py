"""Feed damaged files to every reader of gfrnet, in processes that are watched.

    PYTHONPATH=tests python -m fuzz --files 10000

prints every file that crashed a process, took more than 5 s, raised an error of no type of gfrnet, or took
more than 1 GB beside its own size; and how many files of each kind were read or refused. The number of a
file makes it again, alone: ``--only NUMBER --keep FILE``.
"""
